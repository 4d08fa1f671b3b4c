/** Stands in for Discord's checks of bodies (its official schema, which the package discord-api-spec carries). */

import * as spec from 'discord-api-spec/zod';
import * as z from 'zod/mini';
import { type ApiError, refuse } from './api-error.ts';
import type { Flaw } from './flaw.ts';
import { checkCommand } from './validate-command.ts';
import { checkMessage, checkModal } from './validate-message.ts';

export type BodyKind =
  | 'message'
  | 'messageEdit'
  | 'bulkDelete'
  | 'callback'
  | 'followUp'
  | 'webhookEdit'
  | 'command'
  | 'commandEdit'
  | 'commands'
  | 'directChannel'
  | 'thread';

export interface BodyCheck {
  /** 50035 with the first flaw, or null. */
  readonly error: ApiError | null;
  /** Fields that the official schema does not know. Discord ignores them; here they are reported. */
  readonly unknown: readonly string[];
}

type Schema = z.ZodMiniType;

const schemas: Record<BodyKind, (body: unknown) => Schema> = {
  message: () => spec.MessageCreateRequestSchema,
  messageEdit: () => spec.MessageEditRequestPartialSchema,
  bulkDelete: () => z.object({ messages: z.array(spec.SnowflakeTypeSchema) }),
  callback: callbackSchema,
  followUp: () => spec.IncomingWebhookRequestPartialSchema,
  webhookEdit: () => spec.IncomingWebhookUpdateRequestPartialSchema,
  command: () => spec.ApplicationCommandCreateRequestSchema,
  commandEdit: () => spec.ApplicationCommandPatchRequestPartialSchema,
  commands: () => z.array(spec.ApplicationCommandUpdateRequestSchema).check(z.maxLength(130)),
  directChannel: () => spec.CreatePrivateChannelRequestSchema,
  thread: () => spec.UpdateThreadRequestPartialSchema,
};

/** discord.js sends these everywhere. Discord takes them, but its published schema leaves them out here and there. */
const tolerated = new Set(['tts', 'nonce', 'enforce_nonce']);

/** Checks a request's body against Discord's official schema and against the rules that the schema leaves out. */
export function checkBody(kind: BodyKind, body: unknown): BodyCheck {
  const given = kind.startsWith('command') ? withPlainPermissions(body) : body;
  const result = schemas[kind](given).safeParse(given);
  const flaws: Flaw[] = result.success
    ? []
    : result.error.issues.flatMap((issue) => describe(issue as Issue, issue.path.map(String)));
  flaws.push(...furtherRules(kind, body));
  const first = flaws[0];
  return {
    error: first
      ? refuse.form(first.path, 'INVALID', flaws.map((flaw) => `${flaw.path}: ${flaw.reason}`).join('; '))
      : null,
    unknown: result.success ? unknownFields(given, result.data, []) : [],
  };
}

function callbackSchema(body: unknown): Schema {
  const { type } = body as { type?: number };
  if (type === 8) return spec.ApplicationCommandAutocompleteCallbackRequestSchema;
  if (type === 9) return spec.ModalInteractionCallbackRequestSchema;
  if (type === 6 || type === 7) return spec.UpdateMessageInteractionCallbackRequestSchema;
  return spec.CreateMessageInteractionCallbackRequestSchema;
}

function furtherRules(kind: BodyKind, body: unknown): Flaw[] {
  if (body === null || typeof body !== 'object') return [{ path: '', reason: 'is no object' }];
  if (kind === 'commands')
    return Array.isArray(body) ? body.flatMap((one, i) => checkCommand(one, `${i}`)) : [];
  if (kind === 'command' || kind === 'commandEdit') return checkCommand(body, '');
  if (kind === 'bulkDelete') return repeated((body as { messages?: string[] }).messages ?? [], 'messages');
  if (kind === 'directChannel' || kind === 'thread') return [];
  if (kind !== 'callback') return checkMessage(body, '');
  const { type, data } = body as { type?: number; data?: object | null };
  if (type === 9) return checkModal(data ?? {}, 'data');
  return data ? checkMessage(data, 'data') : [];
}

function repeated(ids: readonly string[], path: string): Flaw[] {
  return new Set(ids).size < ids.length ? [{ path, reason: 'holds an id twice' }] : [];
}

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: PropertyKey[];
  readonly errors?: Issue[][];
  readonly [key: string]: unknown;
}

/** For a union, alternatives of another `type` say nothing. Of the rest, the one with the fewest flaws is told. */
function describe(issue: Issue, path: string[]): Flaw[] {
  if (issue.code === 'invalid_union' && issue.errors?.length) {
    const ofThisType = issue.errors.filter((issues) => issues.length > 0 && !issues.some(isOtherType));
    const best = ofThisType.sort((a, b) => a.length - b.length)[0];
    if (best) return best.flatMap((inner) => describe(inner, [...path, ...inner.path.map(String)]));
    return [{ path: path.join('.'), reason: 'fits none of the types allowed here' }];
  }
  const { code, message, path: _path, input: _input, inst: _inst, ...detail } = issue;
  return [{ path: path.join('.'), reason: `${message || code} ${JSON.stringify(detail)}` }];
}

function isOtherType(issue: Issue): boolean {
  return issue.path.length === 1 && issue.path[0] === 'type';
}

/** Parsing strips what the schema does not know. So what is missing afterwards was unknown. */
function unknownFields(given: unknown, parsed: unknown, path: string[]): string[] {
  if (given === null || typeof given !== 'object' || parsed === null || typeof parsed !== 'object') return [];
  return Object.entries(given).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const here = [...path, key];
    if (!(key in parsed)) return tolerated.has(key) ? [] : [here.join('.')];
    return unknownFields(value, (parsed as Record<string, unknown>)[key], here);
  });
}

/** The published schema takes `default_member_permissions` for a number. Discord takes and gives a string of digits. */
function withPlainPermissions(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(withPlainPermissions);
  if (body === null || typeof body !== 'object') return body;
  const { default_member_permissions: bits, ...rest } = body as { default_member_permissions?: unknown };
  if (bits === undefined || bits === null) return body;
  return typeof bits === 'string' && /^\d+$/.test(bits) ? { ...rest, default_member_permissions: 0 } : body;
}
