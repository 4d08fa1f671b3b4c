/** One request of the bot and its answer: the log that tests and reports count in. */
export interface RequestRecord {
  readonly method: string;
  /** Below `/api/v10`, decoded, without the query. */
  readonly path: string;
  readonly query: string;
  /** The route's pattern, such as `/channels/:channel/messages`; null: none fits. */
  readonly route: string | null;
  /** Unix milliseconds of its arrival. */
  readonly at: number;
  readonly body: unknown;
  /** Names of the files that came with it. */
  readonly files: readonly string[];
  /** Null until it is answered; 0 if the connection was cut instead. */
  status: number | null;
  /** Discord's error code in the answer, if there is one. */
  code: number | null;
  /** The scope of the limit that refused it: `global`, `user` or `shared`; null: no limit did. */
  limit: string | null;
  /** Milliseconds from arrival to answer. */
  tookMs: number | null;
}

/** A request that real Discord would have refused, or a field that it does not know. */
export interface Violation {
  readonly method: string;
  readonly path: string;
  readonly reason: string;
  readonly body: unknown;
}
