import { boundKind } from '../../src/bulk/kinds/operation-kinds.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import { applyInChunks } from '../../src/bulk/run/apply.ts';
import type { Db } from '../../src/db/schema.ts';
import { operationOf } from './bulk-fixture.ts';
import { changing } from './changing.ts';

/** As `applyInChunks`, to the end. */
export async function applyPlanned(
  db: Db,
  lease: Lease,
  now: () => Date,
  isWanted: () => boolean,
  chunkSize?: number,
): Promise<void> {
  const kind = changing(boundKind(await operationOf(db, lease.operationId)));
  const sizes = chunkSize === undefined ? undefined : { first: chunkSize, further: chunkSize };
  for await (const _ of applyInChunks(db, lease, { kind, now, isWanted, sizes })) {
    // each turn is one committed chunk
  }
}
