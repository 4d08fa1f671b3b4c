/**
 * A text as it is compared where case does not matter. Done here and stored, because what PostgreSQL's `lower` takes for
 * letters depends on how the database was created. Upper case in between makes ß and SS one; a sigma looks different at
 * the end of a word, and a part of a question ends where the question goes on; İ leaves a dot behind.
 */
export function fold(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll('ς', 'σ').replaceAll('i\u0307', 'i').normalize('NFKC');
}
