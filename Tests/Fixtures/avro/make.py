import fastavro, json, sys
schema={"type":"record","name":"r","namespace":"n.s","fields":[
 {"name":"id","type":"long","field-id":1},
 {"name":"t","type":["null",{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":True}],"default":None,"field-id":2},
 {"name":"d","type":{"type":"fixed","name":"dec","size":4,"logicalType":"decimal","precision":9,"scale":2},"field-id":3},
 {"name":"l","type":{"type":"array","items":["null","string"],"element-id":5},"field-id":4},
 {"name":"m","type":{"type":"map","values":"double","key-id":7,"value-id":8},"field-id":6},
 {"name":"s","type":{"type":"record","name":"inner","fields":[{"name":"b","type":"bytes","field-id":10},{"name":"e","type":{"type":"enum","name":"col","symbols":["A","B"]},"field-id":11}]},"field-id":9},
 {"name":"s2","type":["null","inner"],"default":None,"field-id":12},
 {"name":"f","type":"float","field-id":13},{"name":"o","type":"boolean","field-id":14},{"name":"i","type":"int","field-id":15}]}
import decimal
recs=[{"id":i*10**12-5,"t":None if i%3==0 else fastavro.schema and __import__('datetime').datetime(2020,1,1,tzinfo=__import__('datetime').timezone.utc),"d":decimal.Decimal(i)/100-1,"l":[None,"é%d"%i]*(i%4),"m":{"k%d"%j:j/4 for j in range(i%3)},"s":{"b":bytes([i%256])*i,"e":"AB"[i%2]},"s2":None if i%2 else {"b":b"x","e":"A"},"f":i/2,"o":i%2==0,"i":-i} for i in range(50)]
for codec in ["null","deflate","snappy","zstandard"]:
    with open(f"{codec}.avro","wb") as f:
        fastavro.writer(f,schema,recs,codec=codec,sync_interval=300,metadata={"who":"fastavro"})
