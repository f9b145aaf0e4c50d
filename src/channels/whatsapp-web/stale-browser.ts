import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Ends a browser that an earlier life of the session left on this profile, and takes away what it locked the profile with. Chromium
 * names its process in the link `SingletonLock` (`host-pid`); it is believed only where that process says it has this profile open.
 */
export async function clearProfile(profileDir: string): Promise<void> {
  const lock = await readlink(join(profileDir, 'SingletonLock')).catch(() => '');
  const pid = Number(/-(\d+)$/.exec(lock)?.[1]);
  if (Number.isInteger(pid) && pid > 1) await killBrowser(pid, profileDir);
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) {
    await rm(join(profileDir, name), { force: true });
  }
}

/** Kills the browser's whole group, if this process still is that browser (Linux says so in /proc; elsewhere it is left alone). */
export async function killBrowser(pid: number, profileDir: string): Promise<void> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.split('\0').includes(`--user-data-dir=${profileDir}`)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
