import type { ColumnType, Generated, JSONColumnType, Kysely } from 'kysely';

/**
 * The tables as Kysely sees them. `migrations/` says what each column means. Snowflakes are strings, instants are
 * `Date`, 64-bit integers arrive as numbers.
 */
export interface Schema {
  polls: PollTable;
  poll_options: { poll_id: number; position: number; label: string };
  votes: { poll_id: number; position: number; user_id: string; created_at: Date };
  handled_interactions: { interaction_id: string; handled_at: Date };
  operations: OperationTable;
  operation_items: OperationItemTable;
  votes_aside: VoteAsideTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
  servers: { guild_id: string; name: string; name_folded: string };
  selections: { admin_id: string; scope: string };
  selected_polls: { admin_id: string; scope: string; poll_id: number };
  pickers: PickerTable;
  pace_shares: PaceShareTable;
  processes: ProcessTable;
}

/** A connection or a transaction: every store function takes one first. */
export type Db = Kysely<Schema>;

type WithDefault<T> = ColumnType<T, T | undefined, T>;

export interface PollTable {
  id: Generated<number>;
  question: string;
  question_folded: WithDefault<string>;
  guild_id: string;
  channel_id: string;
  creator_id: string;
  status: 'scheduled' | 'active' | 'closed';
  timezone: WithDefault<string>;
  anonymous: WithDefault<boolean>;
  max_choices: WithDefault<number>;
  ping_role_id: string | null;
  opens_at: Date | null;
  closes_at: Date | null;
  closed_at: Date | null;
  created_at: Date;
  deleted_at: Date | null;
  interaction_id: string;
  /**
   * Counts the changes of status and settings. Nothing is decided by it: what a poll is, is compared; what is sent
   * depends on `revision`.
   */
  version: WithDefault<number>;
  revision: WithDefault<number>;
  shown_revision: WithDefault<number>;
  sent_revision: WithDefault<number>;
  message_id: string | null;
  message_gone: WithDefault<boolean>;
  removal_tried: WithDefault<boolean>;
  sender: string | null;
  sender_until: Date | null;
  claim: WithDefault<number>;
  tried_at: Date | null;
  ping_tried_at: Date | null;
  parked_code: string | null;
  parked_reason: string | null;
  /** The right that Discord refused in the channel; null: it refused this poll alone. */
  parked_right: string | null;
  ping_pending: WithDefault<boolean>;
  held_by: number | null;
  status_since: WithDefault<Date>;
  pings_sent: WithDefault<number>;
}

export interface OperationTable {
  id: Generated<number>;
  kind: string;
  state: WithDefault<
    | 'draft'
    | 'discarded'
    | 'queued'
    | 'running'
    | 'paused'
    | 'cancelling'
    | 'completed'
    | 'completed with failures'
    | 'cancelled'
    | 'timed out'
    | 'failed'
  >;
  admin_id: string;
  scope_guild_id: string | null;
  guild_id: string;
  channel_id: string;
  interaction_id: string;
  locale: string;
  params: Json;
  targets: Json;
  reason: string | null;
  private: WithDefault<boolean>;
  retry_of: number | null;
  undo_of: number | null;
  total: WithDefault<number>;
  estimate_ms: WithDefault<number>;
  preview_token: string | null;
  preview_due_at: Date | null;
  preview_page: WithDefault<number>;
  created_at: Date;
  confirmable_at: Date | null;
  expires_at: Date | null;
  confirmed_at: Date | null;
  confirmed_interaction_id: string | null;
  owner: string | null;
  lease_until: Date | null;
  fence: WithDefault<number>;
  started_at: Date | null;
  finished_at: Date | null;
  paused_at: Date | null;
  paused_ms: WithDefault<number>;
  cancelled_by: string | null;
  failure: string | null;
  progress_token: string | null;
  progress_token_expires_at: Date | null;
  progress_channel_id: string | null;
  progress_message_id: string | null;
  result_shown: WithDefault<boolean>;
  takeovers: WithDefault<number>;
  takeover_mark: WithDefault<number>;
  resumed_at: Date | null;
}

type Json = JSONColumnType<Record<string, unknown>>;

export interface OperationItemTable {
  operation_id: number;
  poll_id: number;
  position: number;
  state: 'missing' | 'excluded' | 'planned' | 'applied' | 'done' | 'failed' | 'skipped';
  before: JSONColumnType<Record<string, unknown>> | null;
  after: JSONColumnType<Record<string, unknown>> | null;
  target_revision: number | null;
  code: string | null;
  message: string | null;
  attempts: WithDefault<number>;
  notice_tried_at: Date | null;
  first_attempt_at: Date | null;
  finished_at: Date | null;
  remark: string | null;
}

export interface VoteAsideTable {
  cast_since: WithDefault<boolean>;
  operation_id: number;
  poll_id: number;
  position: number;
  user_id: string;
  created_at: Date;
}

export interface PickerTable {
  id: Generated<number>;
  interaction_id: string;
  admin_id: string;
  scope: string;
  filter: Json;
  targets: Json;
  sort: string;
  frames: JSONColumnType<readonly object[]>;
  used_at: Date;
}

export interface ProcessTable {
  name: string;
  lock_key: number;
  server_started: Date;
  locked_at: Date;
}

export interface AuditTable {
  id: Generated<number>;
  at: Date;
  operation_id: number | null;
  actor_id: string | null;
  process: string;
  event: string;
  details: Json;
  hash_version: Generated<number>;
  prev_hash: Generated<string | null>;
  hash: Generated<string>;
}

export interface AuditHeadTable {
  one: Generated<boolean>;
  id: number;
  hash: string;
  whole_at: Date | null;
  broken_id: number | null;
  broken_why: string | null;
}

export interface PaceShareTable {
  process: string;
  demand: number;
  share: number;
  share_before: WithDefault<number>;
  before_until: WithDefault<Date>;
  lease_until: Date;
  paused_until: WithDefault<Date>;
}
