import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  Client,
  Interaction,
  MessageContextMenuCommandInteraction,
} from 'discord.js';
import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import type { Clock } from '../../base/clock.ts';
import { discordLimits } from '../../base/display/discord-limits.ts';
import { UserError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { MessageBody } from '../../base/message-body.ts';
import type { Service } from '../../base/service.ts';
import { within } from '../../base/within.ts';
import { databaseFault } from '../../db/server/database-fault.ts';
import type { Messages } from '../../delivery/messages/messages.ts';
import type { RestCalls } from '../../delivery/rest-calls.ts';
import { cut } from '../../polls/text.ts';
import { parseCustomId } from '../custom-id.ts';
import type { Caller, ContextCommand, PressHandler, PressInteraction, SlashCommand } from '../handlers.ts';
import { callerOf } from './access.ts';
import { isExpired, respondFirst } from './first-response.ts';
import { persist } from './persist.ts';
import { NotOurs, type PressedMessage, Reply } from './reply.ts';
import { suggestions } from './suggestions.ts';

export interface DispatchParts {
  readonly client: Client;
  readonly rest: RestCalls;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly applicationId: () => string;
  readonly superAdminIds: ReadonlySet<string>;
  readonly commands: readonly SlashCommand[];
  readonly contextCommands: readonly ContextCommand[];
  readonly presses: readonly PressHandler[];
  /** How long a stop waits for interactions under way, in milliseconds. */
  readonly drainMs: number;
}

type CommandInteraction = ChatInputCommandInteraction | MessageContextMenuCommandInteraction;

/**
 * Takes every interaction to its handler: acknowledges it in time, answers it, and is the one place where errors end.
 * An interaction that another process has acknowledged is left to that process; where it is unknown whether our own
 * acknowledgement arrived, the handler runs all the same, since every effect is keyed by the interaction.
 */
export class Dispatcher implements Service {
  readonly #parts: DispatchParts;
  readonly #slash: ReadonlyMap<string, SlashCommand>;
  readonly #context: ReadonlyMap<string, ContextCommand>;
  readonly #presses: ReadonlyMap<string, PressHandler>;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #listener = (interaction: Interaction): void => this.handle(interaction);

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.#slash = new Map(parts.commands.map((command) => [command.definition.name, command]));
    this.#context = new Map(parts.contextCommands.map((command) => [command.definition.name, command]));
    this.#presses = new Map(parts.presses.map((press) => [press.action, press]));
  }

  /** To be called before the client connects, so that no interaction is missed. */
  async start(): Promise<void> {
    this.#parts.client.on('interactionCreate', this.#listener);
  }

  /** Takes no more interactions; resolves when those under way are answered, at the latest after `drainMs`. */
  async stop(): Promise<void> {
    const { client, clock, log, drainMs } = this.#parts;
    client.off('interactionCreate', this.#listener);
    await within(clock, drainMs, Promise.all(this.#inFlight), null);
    if (this.#inFlight.size > 0)
      log.warn({ count: this.#inFlight.size }, 'stopped before every interaction was answered');
  }

  handle(interaction: Interaction): void {
    const handling = this.#route(interaction)
      .catch((error: unknown) => {
        if (error instanceof NotOurs)
          this.#parts.log.debug({ interaction: interaction.id, why: error.message }, 'not ours to answer');
        else
          this.#parts.log.error(
            { err: error, interaction: interaction.id },
            'an interaction could not be answered',
          );
      })
      .finally(() => this.#inFlight.delete(handling));
    this.#inFlight.add(handling);
  }

  async #route(interaction: Interaction): Promise<void> {
    const caller = callerOf(interaction, this.#parts.superAdminIds);
    if (interaction.isAutocomplete()) return await this.#suggest(interaction, caller);
    if (interaction.isChatInputCommand()) {
      const self = this.#slash.get(interaction.commandName)?.self;
      const own = self?.[interaction.options.getSubcommand(false) ?? ''];
      if (own) {
        return await this.#responding(interaction, null, (reply) =>
          own(interaction, inServer(caller), reply),
        );
      }
      return await this.#command(interaction, caller, this.#slash.get(interaction.commandName));
    }
    if (interaction.isMessageContextMenuCommand()) {
      return await this.#command(interaction, caller, this.#context.get(interaction.commandName));
    }
    if (interaction.isMessageComponent() || interaction.isModalSubmit())
      return await this.#press(interaction, caller);
    this.#parts.log.warn(
      { interaction: interaction.id, type: interaction.type },
      'an interaction of an unknown kind',
    );
  }

  async #command<T extends CommandInteraction>(
    interaction: T,
    caller: Caller | null,
    command: { run(interaction: T, caller: Caller): Promise<MessageBody> } | undefined,
  ): Promise<void> {
    await this.#answered(interaction, async () => {
      if (command === undefined)
        throw new UserError('Gavel does not know this command (any more). Try again in a minute.');
      return await command.run(interaction, inServer(caller));
    });
  }

  async #press(interaction: PressInteraction, caller: Caller | null): Promise<void> {
    const { action, args } = parseCustomId(interaction.customId);
    const press = this.#presses.get(action);
    if (press?.acknowledge === 'self') {
      return await this.#responding(interaction, pressedMessage(interaction), (reply) =>
        press.run(interaction, args, inServer(caller), reply),
      );
    }
    await this.#answered(interaction, async () => {
      if (press === undefined)
        throw new UserError('This button no longer works. Use the command again for a fresh one.');
      return await press.run(interaction, args, inServer(caller));
    });
  }

  /** Leaves the first response to the handler, but not for longer than Discord waits. */
  async #responding(
    interaction: ChatInputCommandInteraction | PressInteraction,
    message: PressedMessage | null,
    run: (reply: Reply) => Promise<void>,
  ): Promise<void> {
    const reply = new Reply({ ...this.#parts, interaction: { ...ids(interaction), message } });
    const watching = reply.watch();
    // Awaited below, and not ignored there; but it may fail before, while the handler is still at work.
    watching.catch(() => undefined);
    try {
      await run(reply);
    } catch (error) {
      if (error instanceof NotOurs) throw error;
      await reply.tell(this.#refusal(error, interaction));
    } finally {
      await Promise.all([reply.finish(), watching]);
    }
  }

  /** Acknowledges privately, runs, and puts the answer in place of the acknowledgement. */
  async #answered(
    interaction: CommandInteraction | PressInteraction,
    run: () => Promise<MessageBody>,
  ): Promise<void> {
    const { rest, clock, messages, log } = this.#parts;
    const { type } = await respondFirst(
      { rest, clock, interaction: ids(interaction) },
      {
        type: InteractionResponseType.DeferredChannelMessageWithSource,
        data: { body: { flags: MessageFlags.Ephemeral } },
      },
    );
    if (type === 'elsewhere') throw new NotOurs(type);
    if (type === 'gone') {
      log.warn({ interaction: interaction.id }, 'an interaction expired before it could be acknowledged');
      return;
    }
    const answer = await run().catch((error: unknown) => this.#refusal(error, interaction));
    const show = (body: MessageBody) =>
      persist(clock, () => messages.editByToken(interaction.token, '@original', body), {
        early: type === 'unknown',
      });
    const shown = await show(answer);
    if (shown.type === 'sent') return;
    // Its effect stands; whoever asks again is told so. Only a body that Discord does not take is our mistake.
    if (shown.type === 'retry' || isExpired(shown.code)) {
      const { reason } = shown;
      log.warn({ interaction: interaction.id, reason }, 'an answer could not be given any more');
      return;
    }
    const unshowable = new Error(`The answer could not be shown: ${shown.reason}`);
    await show(this.#refusal(unshowable, interaction));
  }

  async #suggest(interaction: AutocompleteInteraction, caller: Caller | null): Promise<void> {
    const { rest, clock, log } = this.#parts;
    const command = this.#slash.get(interaction.commandName);
    const complete = async () =>
      caller === null || !command?.complete ? [] : await command.complete(interaction, caller);
    const choices = await suggestions(complete, clock, log);
    await respondFirst(
      { rest, clock, interaction: ids(interaction) },
      { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { body: { choices } } },
    );
  }

  /** What the caller is told. Only an expected refusal says what happened; the rest is for the log. */
  #refusal(error: unknown, interaction: { readonly id: string }): MessageBody {
    if (error instanceof UserError) return { content: cut(error.message, discordLimits.content) };
    if (databaseFault(error) !== null) {
      this.#parts.log.warn({ err: error, interaction: interaction.id }, 'the database was away for too long');
      return {
        content:
          'Gavel cannot reach its database at the moment, so it does not know whether this was done. Wait a minute, look, and do it again where it was not.',
      };
    }
    const reference = BigInt(interaction.id).toString(36).slice(-8);
    this.#parts.log.error({ err: error, interaction: interaction.id, reference }, 'an interaction failed');
    return { content: `Something went wrong (reference \`${reference}\`). Please try again.` };
  }
}

function pressedMessage({ message }: PressInteraction): PressedMessage | null {
  return message && { id: message.id, private: message.flags.has(MessageFlags.Ephemeral) };
}

function inServer(caller: Caller | null): Caller {
  if (caller === null) throw new UserError('Gavel works in servers only. Use this in a channel of a server.');
  return caller;
}

function ids({ id, token }: { readonly id: string; readonly token: string }): { id: string; token: string } {
  return { id, token };
}
