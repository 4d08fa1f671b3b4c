import { refuse } from '../rules/api-error.ts';
import type { LimitRule } from '../rules/limits.ts';
import type { SandboxChannel } from '../world/channel.ts';
import { messageFlag, type SandboxMessage } from '../world/message.ts';
import { messagePayload } from '../world/message-payload.ts';
import { permission } from '../world/permissions.ts';
import { timestampOf } from '../world/snowflake.ts';
import { botMay, mayOpen, needs, needsOpenThread, visibleChannel } from './access.ts';
import { editedParts, newParts, type WrittenMessage, withoutEmbeds } from './message-body.ts';
import { type Answer, type Call, noContent, ok, type Route } from './route.ts';

const hourMs = 3_600_000;
const fortnightMs = 14 * 86_400_000;
/** How long an enforced nonce is remembered: "the past few minutes" in Discord's reference, "Create Message". */
const nonceMs = 300_000;

/**
 * Messages of a channel. The limits are those that bot authors observe (5 in 5 s; edits of old messages 3 in 6 s);
 * see the README.
 */
export const messageRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/channels/:channel/messages',
    auth: 'bot',
    body: 'message',
    limits: postLimits,
    handle: post,
  },
  { method: 'GET', path: '/channels/:channel/messages', auth: 'bot', handle: list },
  {
    method: 'POST',
    path: '/channels/:channel/messages/bulk-delete',
    auth: 'bot',
    body: 'bulkDelete',
    limits: bulkDeleteLimits,
    handle: bulkDelete,
  },
  { method: 'GET', path: '/channels/:channel/messages/:message', auth: 'bot', handle: one },
  {
    method: 'PATCH',
    path: '/channels/:channel/messages/:message',
    auth: 'bot',
    body: 'messageEdit',
    limits: patchLimits,
    handle: edit,
  },
  {
    method: 'DELETE',
    path: '/channels/:channel/messages/:message',
    auth: 'bot',
    limits: deleteLimits,
    handle: remove,
  },
];

/**
 * POST and PATCH are counted apart and yet name one bucket. So a client that keys by bucket alone queues them
 * together.
 */
function postLimits({ params }: Call): LimitRule[] {
  return [{ key: `post:${params.channel}`, bucket: 'a1f3channelmessages', limit: 5, windowMs: 5000 }];
}

function patchLimits({ world, params }: Call): LimitRule[] {
  const rules: LimitRule[] = [
    { key: `patch:${params.channel}`, bucket: 'a1f3channelmessages', limit: 5, windowMs: 5000 },
  ];
  const id = params.message ?? '';
  if (/^\d{17,20}$/.test(id) && world.now() - timestampOf(id) > hourMs)
    rules.push({ key: `patch-old:${params.channel}`, bucket: null, limit: 3, windowMs: 6000, code: 30046 });
  const published = (world.messages.get(id)?.flags ?? 0) & messageFlag.crossposted;
  if (published)
    rules.push({
      key: `patch-published:${id}`,
      bucket: null,
      limit: 3,
      windowMs: hourMs,
      code: 20028,
      ofMessage: true,
    });
  return rules;
}

function deleteLimits({ params }: Call): LimitRule[] {
  return [{ key: `delete:${params.channel}`, bucket: 'b2e4deletemessage', limit: 5, windowMs: 1000 }];
}

function bulkDeleteLimits({ world, params }: Call): LimitRule[] {
  const guildId = world.channels.get(params.channel ?? '')?.guildId ?? params.channel;
  return [{ key: `bulk-delete:${guildId}`, bucket: 'c3d5bulkdelete', limit: 1, windowMs: 1000 }];
}

function post(call: Call): Answer {
  const { world, files } = call;
  const written = call.body as WrittenMessage;
  const channel = visibleChannel(call);
  needs(world, channel, channel.isThread ? permission.sendMessagesInThreads : permission.sendMessages);
  if (files.length) needs(world, channel, permission.attachFiles);
  if (channel.isThread && channel.locked && !mayOpen(world, channel))
    throw channel.archived ? refuse.archivedThread() : refuse.lockedThread();
  const person = channel.recipientId === null ? undefined : world.users.get(channel.recipientId);
  if (person && !person.acceptsDirectMessages) throw refuse.noDirectMessages();
  const earlier = written.enforce_nonce ? withNonce(call, channel, written.nonce) : undefined;
  if (earlier) return ok(messagePayload(world, earlier));
  const parts = newParts(world, channel, shownOf(call, channel, files.length > 0), files, 0);
  // A message wakes a sleeping thread (api-docs PR#2855).
  if (channel.archived) world.setThread(channel, { archived: false });
  const message = world.addMessage(channel, {
    authorId: world.bot.id,
    nonce: written.nonce ?? null,
    onlyFor: null,
    interactionId: null,
    parts,
  });
  return ok(messagePayload(world, message));
}

function withNonce(
  { world }: Call,
  channel: SandboxChannel,
  nonce: WrittenMessage['nonce'],
): SandboxMessage | undefined {
  if (nonce === undefined || nonce === null) return undefined;
  return channel.messages.find(
    (message) =>
      String(message.nonce) === String(nonce) &&
      message.authorId === world.bot.id &&
      world.now() - message.versions[0]!.at < nonceMs,
  );
}

function list(call: Call): Answer {
  const channel = visibleChannel(call);
  if (!botMay(call.world, channel, permission.readMessageHistory)) return ok([]);
  const limit = Math.min(100, Number(call.query.get('limit') ?? 50));
  const [after, before, around] = ['after', 'before', 'around'].map((name) => call.query.get(name));
  const sorted = channel.messages
    .filter((message) => !after || BigInt(message.id) > BigInt(after))
    .filter((message) => !before || BigInt(message.id) < BigInt(before))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
  const from = around ? Math.max(0, sorted.findIndex((m) => m.id <= around) - Math.floor(limit / 2)) : 0;
  const chosen = after ? sorted.slice(-limit) : sorted.slice(from, from + limit);
  return ok(chosen.map((message) => messagePayload(call.world, message)));
}

function one(call: Call): Answer {
  const channel = visibleChannel(call);
  needs(call.world, channel, permission.readMessageHistory);
  return ok(messagePayload(call.world, visibleMessage(call, channel)));
}

function edit(call: Call): Answer {
  const { world } = call;
  const channel = visibleChannel(call);
  const message = visibleMessage(call, channel);
  if (message.authorId !== world.bot.id) throw refuse.anothersMessage();
  needsOpenThread(world, channel, 'edit');
  const rest = keepsSomething(message, call.body as WrittenMessage) || call.files.length > 0;
  const written = shownOf(call, channel, rest);
  world.editMessage(message, editedParts(world, channel, message, written, call.files));
  return ok(messagePayload(world, message));
}

function remove(call: Call): Answer {
  const channel = visibleChannel(call);
  const message = visibleMessage(call, channel);
  if (message.authorId !== call.world.bot.id) needs(call.world, channel, permission.manageMessages);
  needsOpenThread(call.world, channel, 'delete');
  call.world.deleteMessage(message);
  return noContent;
}

function bulkDelete(call: Call): Answer {
  const { world } = call;
  const channel = visibleChannel(call);
  needs(world, channel, permission.manageMessages);
  needsOpenThread(world, channel, 'delete');
  const { messages: ids } = call.body as { messages: string[] };
  if (ids.length < 2 || ids.length > 100) throw refuse.tooFewOrMany();
  if (ids.some((id) => world.now() - timestampOf(id) > fortnightMs)) throw refuse.tooOld();
  for (const id of ids) {
    const message = channel.byId.get(id);
    if (message && !message.ephemeral) world.deleteMessage(message);
  }
  return noContent;
}

/**
 * The body as Discord takes it from the bot in this channel. `rest`: something beside the body stays in the message.
 */
function shownOf({ world, body }: Call, channel: SandboxChannel, rest: boolean): WrittenMessage {
  const written = body as WrittenMessage;
  return botMay(world, channel, permission.embedLinks) ? written : withoutEmbeds(written, rest);
}

/** Whether an edit leaves something that it does not name. */
function keepsSomething(message: SandboxMessage, written: WrittenMessage): boolean {
  return (
    (written.content === undefined && message.content !== '') ||
    (written.components === undefined && message.components.length > 0) ||
    (written.attachments === undefined && message.attachments.length > 0)
  );
}

/** Ephemeral messages do not exist for the bot itself: 10008. */
function visibleMessage({ params }: Call, channel: SandboxChannel): SandboxMessage {
  const message = channel.byId.get(params.message ?? '');
  if (!message || message.ephemeral) throw refuse.unknownMessage();
  return message;
}
