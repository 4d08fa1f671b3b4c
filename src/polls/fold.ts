/**
 * A text in the form in which it is compared when case does not matter. The program computes and stores it, because
 * what PostgreSQL's `lower` takes for letters depends on how the database was created. The upper case in between
 * makes ß and SS the same. A sigma looks different at the end of a word, but part of a question may end in the middle
 * of one. İ leaves a dot behind.
 */
export function fold(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll('ς', 'σ').replaceAll('i\u0307', 'i').normalize('NFKC');
}
