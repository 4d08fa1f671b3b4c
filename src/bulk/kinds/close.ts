import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import { defineKind } from './define-kind.ts';

/** Closes scheduled and active polls. The closing time is kept, so that undo and reopen know it. */
export const close = defineKind({
  name: 'close',
  words: { infinitive: 'Close', present: 'Closing', past: 'closed' },
  description: 'Close many polls at once: voting stops, the messages show the result',
  toolbar: 'Close',
  options: [
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'notify',
      description: "Also post each poll's result in its channel",
    },
  ],
  params: z.object({ notify: z.boolean().default(false) }),
  destructive: () => true,
  phrase: (_params, count) => (count > 100 ? `CLOSE ${count}` : null),
  decide: ({ status }, _params, now) =>
    status === 'closed' ? 'already closed' : { status: 'closed', closed_at: now },
  notifies: ({ notify }) => notify,
});
