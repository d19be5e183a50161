/** A time of the nodes, in UTC: `18 Nov 04:10`. */
export function momentText(at: number): string {
  const [, day, month] = /, (\d\d) (\w{3})/.exec(new Date(at).toUTCString())!;
  return `${day} ${month} ${new Date(at).toISOString().slice(11, 16)}`;
}
