export {};

/**
 * What pg 8 has and its types leave out, because it is not documented. It is written down here alone, and
 * `test/db/pg.test.ts` compares it with the driver, so that an update which moves any of it is noticed there.
 */
declare module 'pg' {
  interface ClientBase {
    /** The session's number at the server, and its key for cancelling. Null until the server has told them. */
    readonly processID: number | null;
    readonly secretKey: number | null;
    /** The parameters of the session, which go to the server with the first message. */
    getStartupConf(): Record<string, string | undefined>;
  }
}
