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
 * Serves the numbers and this process' health. It is to be started before the bot connects, so that `/readyz` tells that the
 * bot is not ready yet. `start` throws `CannotStart`.
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
