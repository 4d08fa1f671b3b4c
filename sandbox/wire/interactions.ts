import { ApiError, refuse } from '../rules/api-error.ts';
import {
  type Choice,
  callbackType,
  interactionType,
  type ModalData,
  type SandboxInteraction,
} from '../world/interaction.ts';
import { nobody } from '../world/mentions.ts';
import { messageFlag, type SandboxMessage } from '../world/message.ts';
import { messagePayload } from '../world/message-payload.ts';
import type { World } from '../world/world.ts';
import { editedParts, newParts, type WrittenMessage } from './message-body.ts';
import { type Answer, type Call, noContent, ok, type Route } from './route.ts';

export interface InteractionTimes {
  /** Until when the first callback must come: 3 s. */
  readonly acknowledgeMs: number;
  /** How long the token lives: 15 min. */
  readonly tokenMs: number;
}

/** The first response to an interaction (Discord's reference, "Receiving and Responding"). */
export function interactionRoutes(times: InteractionTimes): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/interactions/:interaction/:token/callback',
      auth: 'none',
      body: 'callback',
      global: false,
      handle: (call) => callback(call, times),
    },
  ];
}

interface CallbackBody {
  readonly type: number;
  readonly data?: (WrittenMessage & { choices?: readonly Choice[] }) | null;
}

/** The body of a callback that opens a modal. */
interface ModalBody {
  readonly data: ModalData;
}

function callback(call: Call, times: InteractionTimes): Answer {
  const { world, params } = call;
  const body = call.body as CallbackBody;
  const interaction = world.interactions.get(params.token ?? '');
  if (!interaction || interaction.id !== params.interaction) throw refuse.unknownInteraction();
  if (interaction.acknowledgedAt !== null) throw refuse.alreadyAcknowledged();
  if (world.now() - interaction.createdAt > times.acknowledgeMs) throw refuse.unknownInteraction();
  checkType(interaction, body.type);
  const message = respond(call, interaction, body);
  interaction.acknowledge(body.type, world.now());
  interaction.changed.emit();
  return call.query.get('with_response') === 'true'
    ? ok(withResponse(world, interaction, body.type, message))
    : noContent;
}

function checkType(interaction: SandboxInteraction, type: number): void {
  const completing = interaction.type === interactionType.autocomplete;
  const update = type === callbackType.update || type === callbackType.deferUpdate;
  const wrong =
    completing !== (type === callbackType.choices) ||
    (type === callbackType.modal && interaction.type === interactionType.modalSubmit) ||
    (update && interaction.source === null) ||
    type === callbackType.pong;
  if (wrong)
    throw refuse.form('type', 'BASE_TYPE_CHOICES', `Callback ${type} does not answer this interaction.`);
}

function respond(call: Call, interaction: SandboxInteraction, body: CallbackBody): SandboxMessage | null {
  const { world, files } = call;
  const written = body.data ?? {};
  const channel = world.channels.get(interaction.channelId);
  if (!channel) throw refuse.unknownChannel();
  const ephemeral = (written.flags ?? 0) & messageFlag.ephemeral;
  const base = { authorId: world.bot.id, nonce: null, onlyFor: ephemeral ? interaction.userId : null };
  if (body.type === callbackType.message) {
    const parts = newParts(world, channel, written, files, ephemeral);
    interaction.original = world.addMessage(channel, { ...base, interactionId: interaction.id, parts });
    interaction.answered(interaction.original);
  } else if (body.type === callbackType.defer) {
    const parts = {
      content: '',
      embeds: [],
      components: [],
      attachments: [],
      flags: ephemeral | messageFlag.loading,
      mentions: nobody,
    };
    interaction.original = world.addMessage(channel, { ...base, interactionId: interaction.id, parts });
  } else if (body.type === callbackType.update) {
    const source = interaction.source!;
    if (source.deleted) throw refuse.unknownMessage();
    interaction.original = source;
    if (body.data) world.editMessage(source, editedParts(world, channel, source, written, files));
    interaction.answered(source);
  } else if (body.type === callbackType.deferUpdate) interaction.original = interaction.source;
  else if (body.type === callbackType.choices) interaction.choices = written.choices ?? [];
  else if (body.type === callbackType.modal) interaction.modal = (call.body as ModalBody).data;
  else throw new ApiError(400, 50035, 'Invalid Form Body');
  return interaction.original;
}

function withResponse(
  world: World,
  interaction: SandboxInteraction,
  type: number,
  message: SandboxMessage | null,
): object {
  const made = type === callbackType.message || type === callbackType.defer || type === callbackType.update;
  return {
    interaction: {
      id: interaction.id,
      type: interaction.type,
      channel_id: interaction.channelId,
      ...(interaction.guildId ? { guild_id: interaction.guildId } : {}),
      ...(message
        ? {
            response_message_id: message.id,
            response_message_loading: message.loading,
            response_message_ephemeral: message.ephemeral,
          }
        : {}),
    },
    resource: { type, ...(made && message ? { message: messagePayload(world, message) } : {}) },
  };
}
