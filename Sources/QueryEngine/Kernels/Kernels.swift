/// Loops over whole vectors: spans of one type in, a span out.
///
/// Rows go by in words of 64 with a fixed trip count and masking shifts (`&<<`), which is what makes
/// these loops vectorise; what is left over goes by one at a time.
enum Kernels {}
