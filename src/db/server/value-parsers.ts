/**
 * How PostgreSQL's text becomes JavaScript values, the same with both drivers. 64-bit integers, sums and averages are
 * numbers (no figure here passes 2^53); dates without a time stay text. Both drivers read all else alike. The keys
 * are type oids from `pg_type`.
 */
export const valueParsers: Readonly<Record<number, (text: string) => unknown>> = {
  20: Number, // int8
  1700: Number, // numeric
  1082: (text) => text, // date
};
