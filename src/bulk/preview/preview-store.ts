import type { Db } from '../../db/schema.ts';
import type { DeliveryJob } from '../../delivery/delivery-batch.ts';
import { waitingAhead } from '../lifecycle/ahead-store.ts';
import type { OperationRow } from '../operation.ts';
import { groupItems, type ItemGroup, leftOutStates, loadOperation } from '../operation-store.ts';

const previewPageSize = 15;

export interface PreviewPoll {
  readonly id: number;
  readonly question: string;
  readonly status: string;
  readonly channelId: string;
}

export interface PreviewJob extends DeliveryJob {
  readonly serverId: string;
  /** Somebody deleted its message by hand, as far as is known. */
  readonly messageGone: boolean;
}

/** Everything a preview says, read from the frozen plan. */
export interface PreviewRows {
  readonly operation: OperationRow;
  readonly excluded: readonly ItemGroup[];
  readonly jobs: readonly PreviewJob[];
  /** By channel, how many polls each running operation has waiting there. */
  readonly ahead: ReadonlyMap<string, readonly number[]>;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly polls: readonly PreviewPoll[];
}

/** The plan with one page of its polls. A page beyond the last one shows the last one. */
export async function readPreview(db: Db, operationId: number, page: number): Promise<PreviewRows> {
  const operation = await loadOperation(db, operationId);
  const pages = Math.max(1, Math.ceil(operation.total / previewPageSize));
  const shown = Math.min(Math.max(0, page), pages - 1);
  return {
    operation,
    excluded: await groupItems(db, operationId, ...leftOutStates),
    jobs: await plannedJobs(db, operationId),
    ahead: await waitingAhead(db, operationId),
    page: shown,
    pages,
    polls: await plannedPage(db, operationId, shown),
  };
}

async function plannedJobs(db: Db, operationId: number): Promise<PreviewJob[]> {
  const rows = await plannedPolls(db, operationId)
    .select(['poll.id', 'poll.guild_id', 'poll.channel_id', 'poll.message_id', 'poll.message_gone'])
    .execute();
  return rows.map((row) => ({
    pollId: row.id,
    channelId: row.channel_id,
    messageId: row.message_id,
    serverId: row.guild_id,
    messageGone: row.message_gone,
  }));
}

async function plannedPage(db: Db, operationId: number, page: number): Promise<PreviewPoll[]> {
  const rows = await plannedPolls(db, operationId)
    .select(['poll.id', 'poll.question', 'poll.status', 'poll.channel_id'])
    .orderBy('poll.id')
    .limit(previewPageSize)
    .offset(page * previewPageSize)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    question: row.question,
    status: row.status,
    channelId: row.channel_id,
  }));
}

function plannedPolls(db: Db, operationId: number) {
  return db
    .selectFrom('operation_items as item')
    .innerJoin('polls as poll', 'poll.id', 'item.poll_id')
    .where('item.operation_id', '=', operationId)
    .where('item.state', '=', 'planned');
}
