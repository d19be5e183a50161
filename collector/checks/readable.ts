import type { Check } from "../../runtime/preset.ts";
import type { Machine } from "../find.ts";
import { quote } from "./check.ts";

/** What lets us read a file of the node, which is its user's alone: by group where it is another user's. */
export function whoMayRead(
  file: string,
  { machine, lasting }: { machine: Machine; lasting?: Pick<Check, "paste"> | undefined },
): Pick<Check, "advice" | "paste"> {
  const seen = look(file);
  if (seen === undefined) {
    return {
      advice: "Its folder is closed: join the group of the node's user, and log in again",
      paste: `sudo usermod -aG "$(sudo stat -c %G ${quote(file)})" "$USER" && sudo chmod g+x ${
        quote(folder(file))
      }`,
    };
  }
  if (seen.uid === machine.uid) return { advice: "Let yourself read it", paste: `chmod u+r ${quote(file)}` };
  const join = `sudo usermod -aG "$(stat -c %G ${quote(file)})" "$USER"`;
  if ((seen.mode & 0o040) !== 0) return { advice: "Join its group, and log in again", paste: join };
  return {
    advice: "Let its group read it, join the group, and log in again",
    paste: `${lasting?.paste ?? `sudo chmod g+r ${quote(file)}`} && ${join}`,
  };
}

function look(file: string): { uid: number | null; mode: number } | undefined {
  try {
    const { uid, mode } = Deno.statSync(file);
    return { uid, mode: mode ?? 0 };
  } catch {
    return undefined;
  }
}

function folder(file: string): string {
  return file.slice(0, file.lastIndexOf("/")) || "/";
}
