import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { OperationKind } from './operation-kind.ts';

const params = z.object({ notify: z.boolean().default(false) });

/** Closes scheduled and active polls. The closing time is kept, so that undo and reopen know it. */
export const close: OperationKind<z.infer<typeof params>> = {
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
  params,
  destructive: () => true,
  phrase: (_params, count) => (count > 100 ? `CLOSE ${count}` : null),
  skipReason: (poll) => (poll.status === 'closed' ? 'already closed' : null),
  change: (_poll, _params, now) => ({ status: 'closed', closed_at: now }),
  setsVotesAside: () => false,
  takesDeleted: false,
  repost: false,
  notifies: ({ notify }) => notify,
  undoRefusal: null,
};
