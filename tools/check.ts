import { layoutViolations } from './layout.ts';
import { staleFiles } from './written-files.ts';

const violations = [...layoutViolations('.'), ...staleFiles('.')];
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exitCode = 1;
