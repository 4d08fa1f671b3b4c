import type { CommandHandler, SlashCommand } from './handlers.ts';
import type { RequestTurns } from './request-turns.ts';

/**
 * The command. Its private answers and suggestions wait for their turn. A handler that responds by itself does not
 * wait: its first response is due within 3 seconds.
 */
export function inTurn(turns: RequestTurns, command: SlashCommand): SlashCommand {
  const { handlers, complete } = command;
  return {
    ...command,
    handlers: new Map([...handlers].map(([path, handler]) => [path, waiting(turns, handler)])),
    ...(complete && {
      complete: (interaction, caller) => turns.run(caller, () => complete(interaction, caller)),
    }),
  };
}

function waiting(turns: RequestTurns, handler: CommandHandler): CommandHandler {
  if (handler.acknowledge === 'self') return handler;
  return {
    acknowledge: 'private',
    run: (invocation) => turns.run(invocation.caller, () => handler.run(invocation)),
  };
}
