import type { MetricObject, Registry } from 'prom-client';

/** A row for each of the bot's own metrics, in Markdown. */
export function metricTable(registry: Registry): string {
  const own = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('gavel_'));
  const rows = own.map(
    (metric) => `| \`${metric.name}${labels(metric)}\` | ${metric.type} | ${metric.help} |`,
  );
  return ['| name | type | what |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The types of prom-client leave them out. */
function labels(metric: MetricObject): string {
  const names = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
  return names.length === 0 ? '' : `{${names.join(',')}}`;
}
