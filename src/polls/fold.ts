/**
 * A text as it is compared where case does not matter. Done here and stored, because what PostgreSQL's `lower` takes for
 * letters depends on how the database was created.
 */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
