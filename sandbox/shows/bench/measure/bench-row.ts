/** One line of the table. `holds`: null if nothing is demanded. */
export interface BenchRow {
  readonly figure: string;
  readonly measured: string;
  readonly demanded: string;
  readonly holds: boolean | null;
}
