import type { Clock } from '../base/clock.ts';
import type { Service } from '../base/service.ts';
import type { Metrics, MetricsSources } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';
import { readiness } from './readiness.ts';

export interface MetricsEndpointParts {
  readonly at: { readonly port: number; readonly host: string };
  readonly metrics: Metrics;
  readonly sources: MetricsSources & { gateway(): string };
  readonly clock: Clock;
}

/**
 * Serves the numbers and this process's health at `at`; null: that is not configured. To be called before the bot
 * connects, so that `/readyz` says that it is not ready yet. Throws `CannotStart`.
 */
export function createMetricsEndpoint({ at, metrics, sources, clock }: MetricsEndpointParts): Service {
  const { log } = sources;
  const server = new MetricsServer({
    ...at,
    log,
    metrics: () => metrics.text(sources),
    readiness: () => readiness(sources.probeDb, sources.gateway(), clock),
  });
  return {
    start: async () => {
      await metrics.start(sources);
      await server.start();
      const host = at.host.includes(':') ? `[${at.host}]` : at.host;
      log.info(`metrics on http://${host}:${server.port}/metrics, health on /healthz and /readyz`);
    },
    stop: () => server.stop(),
  };
}
