import type { CustomId } from '../base/custom-ids/custom-id.ts';
import type { Handler, PressHandler, PressInteraction } from './handlers.ts';

/** Handles the buttons, menus or modals of one custom id, whose values `run` gets after the invocation. */
export function onPress<Values extends object>(
  id: CustomId<Values>,
  handler: Handler<PressInteraction, [values: Values]>,
): PressHandler {
  return {
    handlerOf: (customId) => {
      const values = id.decode(customId);
      if (values === null) return null;
      return handler.acknowledge === 'private'
        ? { acknowledge: 'private', run: (invocation) => handler.run(invocation, values) }
        : { acknowledge: 'self', run: (invocation) => handler.run(invocation, values) };
    },
  };
}
