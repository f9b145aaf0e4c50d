import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The secret in a file, or a new one of so many random bytes in hexadecimal digits that is put there whole, for its owner alone (0600, in a
 * folder of 0700 when it has to be made). Of several processes that begin at once, all get the one that was put there first.
 * @throws what the file system says
 */
export function keepSecret(file: string, bytes: number): { readonly value: string; readonly isNew: boolean } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const isNew = !existsSync(file) && makeSecret(file, randomBytes(bytes).toString('hex'));
  if (statSync(file).mode & 0o077) close(file);
  return { value: readFileSync(file, 'utf8').trim(), isNew };
}

function close(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is mounted by somebody else, who decides who reads it.
  }
}

/** Under another name first: a start that is killed leaves no half of a secret behind. False when somebody else was first. */
function makeSecret(file: string, value: string): boolean {
  const whole = `${file}.${process.pid}.new`;
  writeFileSync(whole, `${value}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(whole, file);
    return true;
  } catch (error) {
    if (existsSync(file)) return false;
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}
