import type { AutocompleteInteraction, ChatInputCommandInteraction, Client, Interaction } from 'discord.js';
import { InteractionResponseType } from 'discord-api-types/v10';
import { UserError } from '../../base/errors.ts';
import type { Service } from '../../base/service.ts';
import { within } from '../../base/within.ts';
import { type Caller, callerOf } from '../caller.ts';
import type { ContextCommand, Handler, PressHandler, PressInteraction, SlashCommand } from '../handlers.ts';
import { answerByItself } from './answer-by-itself.ts';
import { answerPrivately } from './answer-privately.ts';
import type { AnswerableInteraction, AnsweringParts } from './answering-parts.ts';
import { respondFirst } from './first-response.ts';
import { NotOurs } from './not-ours.ts';
import { suggestions } from './suggestions.ts';

export interface DispatchParts extends AnsweringParts {
  readonly client: Client;
  readonly superAdminIds: ReadonlySet<string>;
  readonly commands: readonly SlashCommand[];
  readonly contextCommands: readonly ContextCommand[];
  readonly presses: readonly PressHandler[];
  /** How long a stop waits for interactions under way, in milliseconds. */
  readonly drainMs: number;
}

const noSuchCommand = 'Gavel does not know this command (any more). Try again in a minute.';
const noSuchButton = 'This button no longer works. Use the command again for a fresh one.';

/**
 * Takes every interaction to its handler, makes sure that it is answered in time, and is the one place where errors
 * end. An interaction that another process has acknowledged is left to that process. If it is unknown whether our own
 * acknowledgement arrived, the handler runs all the same, because every effect is keyed by the interaction.
 */
export class Dispatcher implements Service {
  readonly #parts: DispatchParts;
  readonly #slash: ReadonlyMap<string, SlashCommand>;
  readonly #context: ReadonlyMap<string, ContextCommand>;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #listener = (interaction: Interaction): void => this.handle(interaction);

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.#slash = new Map(parts.commands.map((command) => [command.definition.name, command]));
    this.#context = new Map(parts.contextCommands.map((command) => [command.definition.name, command]));
  }

  /** To be called before the client connects, so that no interaction is missed. */
  async start(): Promise<void> {
    this.#parts.client.on('interactionCreate', this.#listener);
  }

  /** Takes no more interactions. Resolves when those under way are answered, at the latest after `drainMs`. */
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
          this.#parts.log.debug({ interaction: interaction.id, why: error.why }, 'not ours to answer');
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
      const handler = this.#slash.get(interaction.commandName)?.handlers.get(subcommandOf(interaction));
      return await this.#answer(interaction, caller, handler ?? noSuchCommand);
    }
    if (interaction.isMessageContextMenuCommand()) {
      const handler = this.#context.get(interaction.commandName);
      return await this.#answer(interaction, caller, handler ?? noSuchCommand);
    }
    if (interaction.isMessageComponent() || interaction.isModalSubmit()) {
      return await this.#answer(interaction, caller, this.#pressed(interaction.customId) ?? noSuchButton);
    }
    this.#parts.log.warn(
      { interaction: interaction.id, type: interaction.type },
      'an interaction of an unknown kind',
    );
  }

  #pressed(customId: string): Handler<PressInteraction> | null {
    for (const press of this.#parts.presses) {
      const handler = press.handlerOf(customId);
      if (handler !== null) return handler;
    }
    return null;
  }

  /** `handler` may be the words that refuse the interaction because nothing handles it. */
  async #answer<I extends AnswerableInteraction>(
    interaction: I,
    caller: Caller | null,
    handler: Handler<I> | string,
  ): Promise<void> {
    if (typeof handler !== 'string' && handler.acknowledge === 'self') {
      return await answerByItself(this.#parts, interaction, (respond) =>
        handler.run({ interaction, caller: inServer(caller), respond }),
      );
    }
    await answerPrivately(this.#parts, interaction, async () => {
      if (typeof handler === 'string') throw new UserError(handler);
      return await handler.run({ interaction, caller: inServer(caller) });
    });
  }

  async #suggest(interaction: AutocompleteInteraction, caller: Caller | null): Promise<void> {
    const { rest, clock, log } = this.#parts;
    const command = this.#slash.get(interaction.commandName);
    const complete = async () =>
      caller === null || !command?.complete ? [] : await command.complete(interaction, caller);
    const choices = await suggestions(complete, clock, log);
    await respondFirst(
      { rest, clock, interaction: { id: interaction.id, token: interaction.token } },
      { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { body: { choices } } },
    );
  }
}

/** What follows the command's name: `close`, `selection add`, or ''. */
function subcommandOf({ options }: ChatInputCommandInteraction): string {
  const words = [options.getSubcommandGroup(false), options.getSubcommand(false)];
  return words.filter((word) => word !== null).join(' ');
}

function inServer(caller: Caller | null): Caller {
  if (caller === null) throw new UserError('Gavel works in servers only. Use this in a channel of a server.');
  return caller;
}
