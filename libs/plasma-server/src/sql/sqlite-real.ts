/** A double as two integers: D1's SQLite does not parse every decimal number to the nearest double. */

/** `value = mantissa · 2^exponent`, both whole numbers. */
export function mantissaAndExponent(value: number): readonly [number, number] {
  if (Number.isSafeInteger(value)) return [value + 0, 0];
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = Number(bits & 0xfffffffffffffn);
  const mantissa = biased === 0 ? fraction : fraction + 2 ** 52;
  return [value < 0 ? -mantissa : mantissa, Math.max(biased, 1) - 1075];
}
