// Stands in for @rjsf/validator-ajv8, which the CSP of the console would block.
const neverUsed: unknown = undefined;

export default neverUsed;
