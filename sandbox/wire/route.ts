/** Stands in for the table of Discord's routes (its reference, "API Reference"). */

import type { LimitRule } from '../rules/limits.ts';
import type { BodyKind } from '../rules/validate.ts';
import type { World } from '../world/world.ts';
import type { UploadedFile } from './read-body.ts';

/** A request that has found its route. */
export interface Call {
  readonly world: World;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; of a form, that of `payload_json`. An object or a list; `{}` if there is none. */
  readonly body: never;
  readonly files: readonly UploadedFile[];
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface Route {
  readonly method: string;
  /** `:name` takes one segment. */
  readonly path: string;
  /** 'bot': needs the bot's token. 'none': the path carries its own. */
  readonly auth: 'bot' | 'none';
  /** What its body is checked against. */
  readonly body?: BodyKind;
  readonly limits?: (call: Call) => readonly LimitRule[];
  /** Whether it counts towards the global limit. Callbacks and webhook tokens do not. Default true. */
  readonly global?: boolean;
  readonly handle: (call: Call) => Answer;
}

export const noContent: Answer = { status: 204 };

export function ok(body: unknown, status = 200): Answer {
  return { status, body };
}
