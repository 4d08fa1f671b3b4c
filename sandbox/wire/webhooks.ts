/** Stands in for follow-up messages and the edits of answers (Discord's reference, "Followup Messages"). */

import { refuse } from '../rules/api-error.ts';
import type { LimitRule } from '../rules/limits.ts';
import type { SandboxChannel } from '../world/channel.ts';
import { callbackType, type SandboxInteraction } from '../world/interaction.ts';
import { messageFlag, type SandboxMessage } from '../world/message.ts';
import { messagePayload } from '../world/message-payload.ts';
import type { InteractionTimes } from './interactions.ts';
import { editedParts, newParts, type WrittenMessage } from './message-body.ts';
import { type Answer, type Call, noContent, ok, type Route } from './route.ts';

/**
 * What an interaction's token reaches after the first response. It needs no bot token and counts towards no global
 * limit.
 */
export function webhookRoutes(times: InteractionTimes): readonly Route[] {
  const base = '/webhooks/:application/:token';
  const message = `${base}/messages/:message`;
  const shared = { auth: 'none', global: false } as const;
  return [
    {
      method: 'POST',
      path: base,
      ...shared,
      body: 'followUp',
      limits: tokenLimits,
      handle: (call) => followUp(call, times),
    },
    { method: 'GET', path: message, ...shared, handle: (call) => read(call, times) },
    {
      method: 'PATCH',
      path: message,
      ...shared,
      body: 'webhookEdit',
      limits: tokenLimits,
      handle: (call) => edit(call, times),
    },
    {
      method: 'DELETE',
      path: message,
      ...shared,
      limits: tokenLimits,
      handle: (call) => remove(call, times),
    },
  ];
}

/** 5 in 2 s an interaction: what bot authors observe. */
function tokenLimits({ params }: Call): LimitRule[] {
  return [{ key: `token:${params.token}`, bucket: 'd4c6webhooktoken', limit: 5, windowMs: 2000 }];
}

function followUp(call: Call, times: InteractionTimes): Answer {
  const { world } = call;
  const { interaction, channel } = living(call, times);
  const written = call.body as WrittenMessage;
  const original = interaction.original;
  // The first follow-up to a deferred response takes the place of "thinking …", whatever its flags.
  if (interaction.callback === callbackType.defer && original?.loading && !original.deleted) {
    world.editMessage(original, editedParts(world, channel, original, written, call.files));
    interaction.answered(original);
    return ok(messagePayload(world, original));
  }
  const ephemeral = (written.flags ?? 0) & messageFlag.ephemeral;
  const parts = newParts(world, channel, written, call.files, ephemeral);
  const message = world.addMessage(channel, {
    authorId: world.bot.id,
    nonce: null,
    onlyFor: ephemeral ? interaction.userId : null,
    interactionId: interaction.id,
    parts,
  });
  interaction.followUps.push(message);
  interaction.answered(message);
  return ok(messagePayload(world, message));
}

function read(call: Call, times: InteractionTimes): Answer {
  const { interaction } = living(call, times);
  return ok(messagePayload(call.world, reached(call, interaction)));
}

function edit(call: Call, times: InteractionTimes): Answer {
  const { world } = call;
  const { interaction, channel } = living(call, times);
  const message = reached(call, interaction);
  world.editMessage(message, editedParts(world, channel, message, call.body as WrittenMessage, call.files));
  interaction.answered(message);
  return ok(messagePayload(world, message));
}

function remove(call: Call, times: InteractionTimes): Answer {
  const { interaction } = living(call, times);
  call.world.deleteMessage(reached(call, interaction));
  interaction.changed.emit();
  return noContent;
}

function living(
  call: Call,
  times: InteractionTimes,
): { interaction: SandboxInteraction; channel: SandboxChannel } {
  const { world, params } = call;
  const interaction = world.interactions.get(params.token ?? '');
  if (params.application !== world.applicationId) throw refuse.unknownWebhook();
  if (!interaction) throw refuse.invalidWebhookToken();
  if (world.now() - interaction.createdAt > times.tokenMs) throw refuse.invalidWebhookToken();
  if (interaction.acknowledgedAt === null) throw refuse.unknownWebhook();
  const channel = world.channels.get(interaction.channelId);
  if (!channel) throw refuse.unknownChannel();
  return { interaction, channel };
}

function reached({ world, params }: Call, interaction: SandboxInteraction): SandboxMessage {
  const message =
    params.message === '@original' ? interaction.original : world.messages.get(params.message ?? '');
  if (!message || message.deleted || !interaction.reaches(message)) throw refuse.unknownMessage();
  return message;
}
