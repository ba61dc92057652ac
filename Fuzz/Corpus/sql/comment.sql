SELECT /* a /* nested */ b */ 1 -- end
;;SELECT 'it''s', "q""uoted" FROM nowhere AS OF 1