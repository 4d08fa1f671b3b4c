/** The zones that Node knows by name, UTC first: `Intl.supportedValuesOf` leaves it out. */
const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

/** Time zones whose name contains the text, ignoring case and spaces. A place that begins so comes first. */
export function suggestZones(text: string, limit: number): string[] {
  const wanted = spelt(text);
  const rank = (zone: string) =>
    spelt(zone)
      .split('/')
      .some((part) => part.startsWith(wanted))
      ? 0
      : 1;
  return zones
    .filter((zone) => spelt(zone).includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, limit);
}

function spelt(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '_');
}
