import type { Clock } from '../base/clock.ts';
import type { Metrics, MetricsSources } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';
import { readiness } from './readiness.ts';

/**
 * Serves the numbers and this process' health at `at`; null where that is not configured. Call before the bot connects,
 * so that `/readyz` tells that it is not ready yet. Throws `CannotStart`.
 */
export async function serveMetrics(
  at: { readonly port: number; readonly host: string } | null,
  metrics: Metrics,
  sources: MetricsSources & { gateway(): string },
  clock: Clock,
): Promise<MetricsServer | null> {
  if (at === null) return null;
  const { log } = sources;
  const server = new MetricsServer({
    ...at,
    log,
    metrics: () => metrics.text(sources),
    readiness: () => readiness(sources.probeDb, sources.gateway(), clock),
  });
  await metrics.start(sources);
  const port = await server.start();
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  log.info(`metrics on http://${host}:${port}/metrics, health on /healthz and /readyz`);
  return server;
}
