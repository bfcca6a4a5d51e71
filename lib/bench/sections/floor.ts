import type { Section } from './section.ts';

/** The floor alone. */
export const floor: Section = async ({ floor: measureFloor }) => ({
  figures: [...(await measureFloor()).figures, ...(await measureFloor(50)).figures],
});
