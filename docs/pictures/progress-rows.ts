import type { OperationRow } from '../../src/bulk/operation.ts';
import type { ProgressRows } from '../../src/bulk/progress/progress-store.ts';

const adminId = '310000000000000001';
const serverId = '320000000000000001';
const now = new Date('2026-12-01T18:42:00Z');
const elapsedMs = 42_000;
const channels = 20;
const pollsPerChannel = 50;
/** The first channels are as far as Discord's limits let them be by now; the last one is closed to the bot. */
const closedChannel = channels - 1;
const shownPerChannel = 21;
const skipped = 7;

/** An operation over 1000 polls in 20 channels in the middle of its run, as the database would tell it. */
export function progressRows(): { rows: ProgressRows; now: Date } {
  const open = channels - 1;
  const done = open * shownPerChannel;
  const failed = pollsPerChannel;
  const total = channels * pollsPerChannel;
  const waiting = total - done - failed - skipped;
  const behind = Array.from({ length: waiting }, (_, index) => ({
    pollId: index + 1,
    channelId: channelId(index % open),
    // Posted long ago: such edits have the narrowest limit.
    messageId: '1300000000000000000',
  }));
  const closedFrom = closedChannel * pollsPerChannel + 1;
  return {
    now,
    rows: {
      operation: operation(total),
      done,
      failed,
      skipped,
      waiting,
      committed: done + failed + waiting,
      ahead: new Map(),
      behind,
      current: { pollId: 318, question: 'Which evening suits you for the raid?', serverId },
      failures: [
        {
          message: `no access to <#${channelId(closedChannel)}>`,
          code: '50001',
          count: failed,
          ids: Array.from({ length: failed }, (_, index) => closedFrom + index),
          serverIds: [],
        },
      ],
      leftOut: [],
      skips: [
        {
          message: 'already closed',
          code: null,
          count: skipped,
          ids: [12, 13, 14, 77, 204, 205, 391],
          serverIds: [],
        },
      ],
      files: [],
      place: null,
      retriedBy: null,
      remarks: 0,
      undoable: false,
    },
  };
}

/** Names as the bot would know them from the gateway. */
export const names = {
  server: () => 'Guild Hall',
  channel: (id: string) => ({ name: id === channelId(closedChannel) ? 'staff-votes' : 'votes', serverId }),
};
export const audience = { serverId };
export const users: Readonly<Record<string, string>> = { [adminId]: 'Ada' };

function channelId(index: number): string {
  return String(330000000000000001n + BigInt(index));
}

function operation(total: number): OperationRow {
  return {
    id: 42,
    kind: 'close',
    state: 'running',
    admin_id: adminId,
    scope_guild_id: null,
    guild_id: serverId,
    channel_id: channelId(0),
    interaction_id: '340000000000000001',
    locale: 'en-GB',
    params: { notify: false },
    targets: { status: 'active' },
    reason: 'the season is over',
    private: false,
    retry_of: null,
    undo_of: null,
    total,
    estimate_ms: 0,
    preview_due_at: null,
    preview_page: 0,
    preview_token: null,
    created_at: now,
    confirmable_at: now,
    expires_at: now,
    confirmed_at: now,
    confirmed_interaction_id: '340000000000000002',
    owner: 'gavel-1',
    lease_until: now,
    fence: 1,
    started_at: new Date(now.getTime() - elapsedMs),
    finished_at: null,
    paused_at: null,
    paused_ms: 0,
    cancelled_by: null,
    failure: null,
    progress_token: null,
    progress_token_expires_at: null,
    progress_channel_id: null,
    progress_message_id: null,
    result_shown: false,
    takeovers: 0,
    takeover_mark: 0,
    resumed_at: null,
  };
}
