/// Philox4x32-10: four words that are a bijection of the counter, chosen by the key.
///
/// Ten rounds of two 32 × 32 bit products, whose halves change places; the key grows by Weyl
/// constants from round to round. The same as `outpace_philox`, here so that the drawing of a batch is
/// inlined.
///
/// Reference: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
/// section 3.3.
@inlinable
public func philox(
  counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
) -> (UInt32, UInt32, UInt32, UInt32) {
  var (c0, c1, c2, c3) = counter
  var (k0, k1) = key
  for _ in 0..<10 {
    let p0 = UInt64(0xD251_1F53) &* UInt64(c0)
    let p1 = UInt64(0xCD9E_8D57) &* UInt64(c2)
    c0 = UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0
    c1 = UInt32(truncatingIfNeeded: p1)
    c2 = UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1
    c3 = UInt32(truncatingIfNeeded: p0)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return (c0, c1, c2, c3)
}
