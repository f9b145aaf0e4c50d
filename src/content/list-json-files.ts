import { readdir } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';

/** Names of the JSON files in a folder, sorted. @throws AppError 'config-invalid' when there is no such folder */
export async function listJsonFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  } catch (cause) {
    throw new AppError('config-invalid', `${folder}: expected a folder that can be read`, { cause });
  }
}
