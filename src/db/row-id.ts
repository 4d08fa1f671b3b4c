/** The greatest value of an `integer` column. PostgreSQL refuses to compare with more. */
export const greatestRowId = 2_147_483_647;

/** Whether a poll or an operation could have this number at all. */
export function isRowId(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id <= greatestRowId;
}
