import type { OperationKind } from '../../src/bulk/kinds/operation-kind.ts';
import type { Hold } from '../../src/bulk/lifecycle/fence.ts';
import { applyInChunks } from '../../src/bulk/run/apply.ts';
import type { Db } from '../../src/db/schema.ts';

/** As `applyInChunks`, to the end. */
export async function applyPlanned(
  db: Db,
  hold: Hold,
  kind: OperationKind,
  now: () => Date,
  wanted: () => boolean,
  chunkSize?: number,
): Promise<void> {
  const sizes = chunkSize === undefined ? undefined : { first: chunkSize, further: chunkSize };
  for await (const _ of applyInChunks(db, hold, kind, now, wanted, sizes)) {
    // each turn is one committed chunk
  }
}
