import { boundKind } from '../../src/bulk/kinds/operation-kinds.ts';
import type { Lease } from '../../src/bulk/lifecycle/fence.ts';
import { applyInChunks } from '../../src/bulk/run/apply.ts';
import type { Db } from '../../src/db/schema.ts';
import { later, operationOf } from './bulk-fixture.ts';
import { changing } from './changing.ts';

export interface Applying {
  readonly now?: () => Date;
  readonly isWanted?: () => boolean;
  readonly chunkSize?: number;
}

/** As `applyInChunks`, to the end, or until it is no longer wanted. */
export async function applyPlanned(
  db: Db,
  lease: Lease,
  { now = () => later, isWanted = () => true, chunkSize }: Applying = {},
): Promise<Lease> {
  const kind = changing(boundKind(await operationOf(db, lease.operationId)));
  const sizes = chunkSize === undefined ? undefined : { first: chunkSize, further: chunkSize };
  for await (const _ of applyInChunks(db, lease, { kind, now, isWanted, sizes })) {
    // each turn is one committed chunk
  }
  return lease;
}
