import type { MessageLimit } from './message-limit.ts';

/**
 * What delivery asks of a REST client, such as that of discord.js. It is structural on purpose: discord.js loads its
 * client as CommonJS, so neither its types nor its error classes are the ones that an ES module imports.
 */
export interface RestCalls {
  get(route: Route, options?: CallOptions): Promise<unknown>;
  post(route: Route, options?: CallOptions): Promise<unknown>;
  patch(route: Route, options?: CallOptions): Promise<unknown>;
  delete(route: Route, options?: CallOptions): Promise<unknown>;
}

export type Route = `/${string}`;

export interface CallOptions {
  body?: unknown;
  files?: { name: string; data: Buffer }[];
  query?: URLSearchParams;
  headers?: Record<string, string>;
  /** False for routes that carry an interaction's token: a 401 there must not erase the bot's own. */
  auth?: boolean;
}

/** Private headers. The transport reads them and takes them off. */
export const priorityHeader = 'x-gavel-priority';
/** By this name background work takes turns. */
export const turnHeader = 'x-gavel-turn';
/** A time of the monotonic clock in ms. A request that has not started by then is not sent at all. */
export const sendBeforeHeader = 'x-gavel-send-before';

/** The server whose limit a bulk delete counts against, because its path names the channel alone. */
export const serverHeader = 'x-gavel-server';

/** Discord takes no edit of this one message for a while. It takes those of the others in its channel. */
export class MessageLimitError extends Error {
  override readonly name = 'MessageLimitError';
  readonly limit: MessageLimit;

  constructor(limit: MessageLimit) {
    super('the message may not be edited for a while');
    this.limit = limit;
  }
}

/** A request waited too long for its turn. Nothing was sent. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}
