import { VersionConflict } from '../domain/errors.ts';

const mostTries = 5;

/** Reads, changes and writes, and again when somebody else wrote the same meanwhile; five times at most. @throws VersionConflict */
export async function retryConflicts<Result>(change: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof VersionConflict) || tries === mostTries) throw error;
    }
  }
}
