import type { BoundKind, ChangingKind } from '../../src/bulk/kinds/operation-kind.ts';

/** The same, known to be of a kind that changes polls. */
export function changing(kind: BoundKind): ChangingKind {
  if (kind.file) throw new Error(`${kind.name} changes no poll`);
  return kind;
}
