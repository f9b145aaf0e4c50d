import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Something a person told us, by the name a failing test shows. */
export type Secrets = Readonly<Record<string, string>>;

/** Every file below a folder, by its path. One that is removed meanwhile holds nothing. */
export async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = (file: string) =>
    readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

/** Where a secret stands in raw bytes: as UTF-8 or UTF-16, with JSON's \u escapes, or inside something that is base64 or hex. */
export function findTraces(secrets: Secrets, places: ReadonlyMap<string, Buffer>): string[] {
  const traces: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [form, needle] of formsOf(secret)) {
      for (const [place, bytes] of places)
        if (bytes.includes(needle)) traces.push(`${name} stands in ${place} (${form})`);
    }
  }
  return traces;
}

function formsOf(secret: string): [string, Buffer][] {
  const escaped = [...secret]
    .flatMap((letter) => letter.split(''))
    .map((unit) => (unit < '\x80' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
  const hex = Buffer.from(secret).toString('hex');
  const forms: [string, string | Buffer][] = [
    ['UTF-8', secret],
    ['UTF-16', Buffer.from(secret, 'utf16le')],
    ['\\u escapes', escaped],
    ['\\U escapes', escaped.replace(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`)],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...base64Forms(secret),
  ];
  return forms.map(([form, needle]) => [form, Buffer.from(needle as string)]); // Both kinds make a Buffer.
}

/** A text inside a longer base64 text begins at one of three places of its groups; what depends on its neighbours is cut off. */
function base64Forms(secret: string): [string, string][] {
  return [0, 1, 2].flatMap((offset): [string, string][] => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
    const inner = whole.slice(offset === 0 ? 0 : 4);
    return [
      [`base64 at ${offset}`, inner],
      [`base64url at ${offset}`, inner.replaceAll('+', '-').replaceAll('/', '_')],
    ];
  });
}
