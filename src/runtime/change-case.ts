import type { CaseStatus } from '../domain/case.ts';
import { VersionConflict } from '../domain/errors.ts';
import type { CaseId } from '../domain/ids.ts';
import type { CaseRepository } from '../ports/person-repositories.ts';

/** Gives a case its new status; does nothing when it has it already or is gone, so doing it twice changes nothing. */
export async function changeCase(
  cases: Pick<CaseRepository, 'get' | 'update'>,
  { caseId, status }: { caseId: CaseId; status: CaseStatus },
  now: number,
): Promise<void> {
  for (;;) {
    const known = await cases.get(caseId);
    if (!known || known.status === status) return;
    try {
      await cases.update({ ...known, version: known.version + 1, status, updatedAt: now });
      return;
    } catch (error) {
      // Somebody else changed it in this moment: look again.
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}
