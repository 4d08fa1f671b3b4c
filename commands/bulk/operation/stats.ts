import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { type Subcommand, subcommandDefinition } from '../../../src/bot/slash-command.ts';
import { chartImage } from '../../../src/bulk/insight/chart-image.ts';
import { statsChart } from '../../../src/bulk/insight/stats-chart.ts';
import { renderStats } from '../../../src/bulk/insight/stats-embed.ts';
import { readStats } from '../../../src/bulk/insight/stats-store.ts';
import type { BulkServices } from '../request/bulk-services.ts';
import { requireAdmin } from '../request/caller.ts';
import { wholeNumber } from '../request/checked-options.ts';

const defaultDays = 30;
const maxDays = 3650;

/** `/bulk stats`: how often, how well and how fast operations run, as text and as a picture. */
export function statsSubcommand(services: BulkServices): Subcommand {
  return {
    definition: subcommandDefinition(
      'stats',
      'Operations run, success rates, errors and peak hours, with a chart',
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'days',
        description: `How many days back (default: ${defaultDays})`,
        min_value: 1,
        max_value: maxDays,
      },
    ),
    acknowledge: 'private',
    run: async ({ interaction: { options }, caller }) => {
      const scope = requireAdmin(caller);
      const days = wholeNumber(options, 'days', { min: 1, max: maxDays }) ?? defaultDays;
      const stats = await readStats(services.db, scope, days, services.clock.now());
      return renderStats(stats, days, await chartImage(statsChart(stats, days)));
    },
  };
}
