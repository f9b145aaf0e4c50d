import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { LocaleResources, LocaleTree } from './translate.ts';

/**
 * Reads `<directory>/<language>/<namespace>.json`. A new language is a new folder.
 * @throws AppError `config-invalid` naming the file that cannot be read as JSON.
 */
export async function loadLocales(directory: string): Promise<LocaleResources> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const languages = await Promise.all(
    folders.map(async ({ name }) => [name, await loadLanguage(join(directory, name))] as const),
  );
  return Object.fromEntries(languages.sort(([left], [right]) => left.localeCompare(right)));
}

async function loadLanguage(folder: string): Promise<Record<string, LocaleTree>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (name) => [name.slice(0, -'.json'.length), await loadTree(join(folder, name))] as const),
    ),
  );
}

async function loadTree(file: string): Promise<LocaleTree> {
  const source = await readFile(file, 'utf8');
  try {
    return JSON.parse(source) as LocaleTree; // Our own files; a wrong value shows as a missing text.
  } catch (cause) {
    throw new AppError('config-invalid', `locale file "${file}" is not valid JSON`, { cause });
  }
}
