// Generated from docs/api/console.yaml by `npm run openapi`. Do not edit.

export interface paths {
    "/api/v1/access/admins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Administrators and their roles */
        get: operations["admins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/device-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Device codes not used yet */
        get: operations["device-codes"];
        put?: never;
        /** Make a code that lets one device in; it is shown once */
        post: operations["create-device-code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/device-codes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a device code back */
        delete: operations["drop-device-code"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Devices that wait for somebody to say yes */
        get: operations["waiting-devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/devices/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a device in */
        post: operations["approve-device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/devices/{id}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep a device out */
        post: operations["refuse-device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make one-time codes to be printed; they are shown once */
        post: operations["issue-letters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the clinic signs in */
        get: operations["signin-policy"];
        /** Replace the policy */
        put: operations["save-signin-policy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/policy/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether a provider's discovery document can be read */
        post: operations["test-provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/posters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Posters that work */
        get: operations["posters"];
        put?: never;
        /** Make a poster of a unit; its token is shown once */
        post: operations["create-poster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/posters/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a poster back */
        delete: operations["drop-poster"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What lets an account in */
        get: operations["access"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an activation code; it is shown once */
        post: operations["issue-code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/devices/{part}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a device of an account */
        delete: operations["revoke-their-device"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/links/{part}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Part an account from a provider */
        delete: operations["drop-their-link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lock; no source lifts it */
        post: operations["lock-account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/passkeys/{part}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a passkey of an account */
        delete: operations["drop-their-passkey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make somebody an administrator, or no longer */
        put: operations["set-roles"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End all sessions of an account */
        delete: operations["end-all-sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/sessions/{part}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one session of an account */
        delete: operations["end-their-session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Switch an account's authenticator app off */
        delete: operations["drop-their-totp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lift the local lock */
        post: operations["unlock-account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alert board */
        get: operations["alerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert with its story */
        get: operations["alert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What administrators did */
        get: operations["audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with a one-time link */
        post: operations["follow-link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with login and password */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign out */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oidc/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Go to a provider to sign in, or with step_up=true to prove anew who is there */
        get: operations["start-oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oidc/backchannel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A provider's logout token, as a form */
        post: operations["oidc-logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a provider sends the browser back to */
        get: operations["oidc-callback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/passkey/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to sign in by passkey */
        post: operations["ask-passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/passkey/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in by passkey */
        post: operations["passkey-login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Prove anew who is there, by password */
        post: operations["step-up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/step-up/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Prove anew by passkey */
        post: operations["step-up-passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/step-up/passkey/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to prove anew by passkey */
        post: operations["ask-step-up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How people can sign in here */
        get: operations["ways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The recorder, and messages that could not be read */
        get: operations["chat-health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conflicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Newcomers who may be somebody known */
        get: operations["conflicts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conflicts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say who somebody is */
        post: operations["decide-conflict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Connectors with health and counters */
        get: operations["connectors"];
        put?: never;
        /** Add a connector */
        post: operations["create-connector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One connector */
        get: operations["connector"];
        /** Save a new revision */
        put: operations["update-connector"];
        post?: never;
        /** Delete a disabled connector */
        delete: operations["delete-connector"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an earlier revision the newest */
        post: operations["revert-connector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Revisions, newest first, with differences */
        get: operations["revisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs of one connector */
        get: operations["connector-runs"];
        put?: never;
        /** Begin a pass; it goes on in the background */
        post: operations["start-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API tokens of a connector */
        get: operations["tokens"];
        put?: never;
        /** Make a token; it is shown once */
        post: operations["create-token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/{id}/tokens/{tid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a token */
        delete: operations["revoke-token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The first 10 people of a source as mapped; nothing is stored */
        post: operations["preview-connector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connectors/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a configuration without saving it */
        post: operations["test-connector"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the hub writes to when a source ails or a plan is held */
        get: operations["contacts"];
        /** Replace the addresses of the technical contacts */
        put: operations["save-contacts"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directory/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whose word counts per field, and when the brake holds */
        get: operations["merge-rules"];
        /** Change precedence and brake */
        put: operations["save-merge-rules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directory/rules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What would be shown differently */
        post: operations["preview-merge-rules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/followings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rooms that follow a unit, a duty role or a group */
        get: operations["followings"];
        /** Let a room follow, or let it go */
        put: operations["follow"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Groups by rule, by source and by hand */
        get: operations["groups"];
        put?: never;
        /** Make a group */
        post: operations["create-group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change a group */
        put: operations["update-group"];
        post?: never;
        /** Delete a group; its room stays */
        delete: operations["delete-group"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is in a group */
        get: operations["group-members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Who would join and who would leave */
        post: operations["preview-group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hand in a CSV or Excel file; it is kept sealed for 24 hours */
        post: operations["upload-import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a file; the mapping is remembered for its header */
        post: operations["apply-import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/dry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plan a file without changing anybody */
        post: operations["dry-import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file with the fate of each row; audited */
        get: operations["import-result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/template": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An empty file of the right columns */
        get: operations["import-template"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Kinds of connectors with their forms */
        get: operations["kinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket that says what has changed */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Own passkeys */
        get: operations["passkeys"];
        put?: never;
        /** Register a passkey */
        post: operations["add-passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Give an own passkey another name */
        put: operations["rename-passkey"];
        post?: never;
        /** Remove an own passkey */
        delete: operations["drop-passkey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to register a passkey */
        post: operations["begin-passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set one's own password; all other sessions end */
        post: operations["set-password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Own sessions */
        get: operations["sessions"];
        put?: never;
        post?: never;
        /** End all own sessions but this one */
        delete: operations["end-sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an own session */
        delete: operations["end-session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether an authenticator app is on */
        get: operations["totp"];
        put?: never;
        /** Make an authenticator app's secret; it is shown once */
        post: operations["begin-totp"];
        /** Switch the authenticator app off */
        delete: operations["drop-totp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch it on by its first code; recovery codes are shown once */
        post: operations["confirm-totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace the recovery codes */
        post: operations["renew-recovery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search received messages */
        get: operations["messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One message, opened; audited */
        get: operations["message"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read a stored message again */
        post: operations["replay-message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Errors by name */
        get: operations["message-errors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What needs attention */
        get: operations["overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search persons */
        get: operations["persons"];
        put?: never;
        /** Enter somebody by hand */
        post: operations["enter-person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person with the source of each value */
        get: operations["person"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/{id}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pseudonymise somebody for good */
        post: operations["erase-person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/{id}/photo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A person's photo (JPEG) */
        get: operations["person-photo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/{id}/values": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** State values by hand */
        put: operations["edit-person"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One act on many people; undone by its plan */
        post: operations["bulk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People as CSV; audited */
        get: operations["export-persons"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Plans of changes to the directory */
        get: operations["plans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plan with its actions */
        get: operations["plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a plan does to whom, page by page */
        get: operations["plan-actions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply a held plan */
        post: operations["approve-plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a plan does as CSV; audited */
        get: operations["export-plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reject a held plan */
        post: operations["reject-plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what a plan did, where nobody has changed it since */
        post: operations["undo-plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Close a duty role */
        delete: operations["delete-role"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rosters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a roster */
        post: operations["apply-roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rosters/dry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a roster (iCal, CSV, Excel) would change */
        post: operations["dry-roster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Routing rules in their order */
        get: operations["rules"];
        /** Replace the whole list */
        put: operations["save-rules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Where a signal would go now */
        post: operations["try-signal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Passes over sources and files, newest first */
        get: operations["runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run with the records that did not simply pass */
        get: operations["run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** First-run wizard: what is done and what is already true */
        get: operations["setup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/{step}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say that a step is done, skipped or open again */
        put: operations["setup-step"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/alarm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Raise a test alarm to oneself */
        post: operations["setup-alarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test mail */
        post: operations["setup-mail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Name of the clinic and its time zone; the step is done */
        put: operations["setup-name"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shifts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Planned duties */
        get: operations["shifts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/units": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Units with their duty roles */
        get: operations["units"];
        put?: never;
        /** Add a unit by hand */
        post: operations["create-unit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/units/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Rename or move a unit */
        put: operations["update-unit"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/units/{id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Add a duty role */
        post: operations["create-role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccessView: {
            account_id: string;
            devices: components["schemas"]["DeviceView"][];
            has_password: boolean;
            /** @enum {string} */
            level: "admin" | "internal" | "guest";
            links: components["schemas"]["LinkView"][];
            login: string;
            name: string;
            passkeys: components["schemas"]["PasskeyView"][];
            /** Format: int64 */
            recovery_left: number;
            roles: string[];
            sessions: components["schemas"]["SessionView"][];
            /** @enum {string} */
            state: "invited" | "active" | "locked";
            totp: boolean;
            /** @description No device: no alarm reaches this person. */
            unreachable: boolean;
            waiting: components["schemas"]["DeviceView"][];
        };
        AccountCounts: {
            /** Format: int64 */
            active: number;
            /** Format: int64 */
            invited: number;
            /** Format: int64 */
            locked: number;
        };
        AccountRow: {
            id: string;
            /** Format: date-time */
            last_seen?: string;
            locked_here: boolean;
            locked_there: boolean;
            login: string;
            state: string;
        };
        Action: {
            fields: components["schemas"]["Diff"][];
            groups?: components["schemas"]["GroupDiff"];
            key: string;
            linked?: boolean;
            login?: string;
            op: string;
            person: components["schemas"]["PersonRef"];
            problems?: string[];
            status: string;
            units: components["schemas"]["UnitDiff"];
            works?: components["schemas"]["UnitRef"][];
        };
        AdminView: {
            account_id: string;
            by_provider: string[];
            login: string;
            name: string;
            /** Format: int64 */
            passkeys: number;
            roles: string[];
            /** @enum {string} */
            state: "invited" | "active" | "locked";
        };
        AlarmView: {
            alert_id: string;
        };
        AlertDetail: {
            accepted_by: components["schemas"]["UserRef"][];
            answers: components["schemas"]["AnswerRow"][];
            bed: string;
            caller: string;
            connector: components["schemas"]["ConnectorRef"];
            dispatches: components["schemas"]["DispatchRow"][];
            /** Format: date-time */
            ended_at?: string;
            id: string;
            kind: string;
            /** Format: int32 */
            priority: number;
            /** Format: date-time */
            raised_at: string;
            room: string;
            rule_name: string;
            state: string;
            /** Format: int64 */
            step: number;
            /** Format: int64 */
            steps: number;
            story: components["schemas"]["StoryEntry"][];
            technical: boolean;
            text: string;
            /** Format: date-time */
            updated_at: string;
            ward: string;
        };
        AlertRow: {
            accepted_by: components["schemas"]["UserRef"][];
            bed: string;
            caller: string;
            connector: components["schemas"]["ConnectorRef"];
            /** Format: date-time */
            ended_at?: string;
            id: string;
            kind: string;
            /** Format: int32 */
            priority: number;
            /** Format: date-time */
            raised_at: string;
            room: string;
            rule_name: string;
            state: string;
            /** Format: int64 */
            step: number;
            /** Format: int64 */
            steps: number;
            technical: boolean;
            text: string;
            /** Format: date-time */
            updated_at: string;
            ward: string;
        };
        AlertSummary: {
            /** Format: int64 */
            accepted_24h: number;
            /** Format: int64 */
            exhausted_24h: number;
            /** Format: double */
            p50_accept_ms_24h: number;
            /** Format: double */
            p99_first_device_ms_24h: number;
            /** Format: int64 */
            running: number;
        };
        AnswerInputBody: {
            ceremony: string;
            /** @description The browser's credential.toJSON(). */
            credential: unknown;
        };
        AnswerRow: {
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            attempts: number;
            /** Format: date-time */
            done_at?: string;
            kind: string;
        };
        ApproveInputBody: {
            /** @description The number of accounts the plan locks. */
            type_to_confirm: string;
        };
        AskInputBody: {
            login?: string;
        };
        AuditView: {
            act: string;
            actor?: components["schemas"]["NamedUser"];
            /** Format: date-time */
            at: string;
            data?: {
                [key: string]: string;
            };
            object: string;
        };
        BulkFilter: {
            /** Format: uuid */
            group?: string;
            q?: string;
            /** Format: uuid */
            source?: string;
            /** @enum {string} */
            state?: "active" | "locked" | "invited" | "inactive";
            unit?: string;
        };
        BulkForm: {
            field?: string;
            filter?: components["schemas"]["BulkFilter"];
            /** Format: uuid */
            group?: string;
            /** @enum {string} */
            op: "lock" | "unlock" | "add_unit" | "remove_unit" | "set_field" | "add_group" | "remove_group";
            /** @description Either these, or those the filter finds. */
            persons?: string[];
            /** @description Empty takes the hand's word back. */
            text?: string;
            /** @description Code. */
            unit?: string;
        };
        BulkInputBody: {
            bulk: components["schemas"]["BulkForm"];
            /** @description Only work out what would change. */
            dry: boolean;
        };
        Capabilities: {
            answer: boolean;
            /** @description Sends mail. */
            mail: boolean;
            /** @description Reads people: has runs, a preview and a schedule. */
            pull: boolean;
            replay: boolean;
            /** @description Can check passwords, where its configuration says so. */
            signs_in: boolean;
            sync: boolean;
            test: boolean;
            tokens: boolean;
        };
        CeremonyView: {
            ceremony: string;
            /** @description Options of WebAuthn in their JSON form. */
            public_key: unknown;
        };
        ChatHealthView: {
            by_cause: {
                [key: string]: number;
            };
            faults: components["schemas"]["UnreadableView"][];
            /**
             * Format: int64
             * @description Items that devices could not open and that nobody has restored.
             */
            open: number;
            recorder: components["schemas"]["RecorderHealth"];
            /** Format: int64 */
            repaired: number;
        };
        Check: {
            detail?: string;
            name: string;
            ok: boolean;
        };
        ChecksView: {
            checks: components["schemas"]["Check"][];
        };
        Clause: {
            any: components["schemas"]["Test"][];
        };
        ClinicRef: {
            id: string;
            name: string;
        };
        CodeView: {
            code: string;
            /** Format: date-time */
            expires: string;
        };
        Column: {
            /** @enum {string} */
            field: "" | "staff_number" | "given_name" | "family_name" | "title" | "login" | "mail" | "phone" | "mobile" | "pager" | "extension" | "job_title" | "department" | "profession" | "active_from" | "active_until" | "unit" | "group" | "active" | "locked" | "key";
            header: string;
        };
        Conflict: {
            candidates: components["schemas"]["PersonRow"][];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            decided_at?: string;
            id: string;
            key: string;
            reason: string;
            source: components["schemas"]["SourceRef"];
            state: string;
            stated: {
                [key: string]: string;
            };
        };
        ConflictInputBody: {
            /** @enum {string} */
            as: "same" | "other" | "dismissed";
            /**
             * Format: uuid
             * @description Of same: one of the candidates.
             */
            person_id?: string;
        };
        ConnectorForm: {
            comment?: string;
            config: {
                [key: string]: unknown;
            };
            enabled: boolean;
            name: string;
        };
        ConnectorRef: {
            id: string;
            kind?: string;
            name: string;
        };
        ConnectorState: {
            detail?: string;
            id: string;
            kind?: string;
            name: string;
            /** Format: int64 */
            peers: number;
            /** Format: date-time */
            since: string;
            state: string;
        };
        ConnectorView: {
            config: unknown;
            counters: components["schemas"]["CounterView"];
            counts: components["schemas"]["NamedCounts"];
            enabled: boolean;
            health: components["schemas"]["Health"];
            id: string;
            kind?: string;
            name: string;
            /** Format: int64 */
            revision: number;
            /** @description Field: "set" or "not set". */
            secrets: {
                [key: string]: string;
            };
        };
        CounterView: {
            /** Format: int64 */
            applied: number;
            /** Format: int64 */
            duplicates: number;
            /** Format: int64 */
            errors: number;
            /** Format: int64 */
            held: number;
            /** Format: date-time */
            last_at?: string;
            /** Format: int64 */
            received: number;
        };
        Counts: {
            /** Format: int64 */
            create: number;
            /** Format: int64 */
            link: number;
            /** Format: int64 */
            lock: number;
            /** Format: int64 */
            unlock: number;
            /** Format: int64 */
            update: number;
        };
        CreateConnectorBody: {
            comment?: string;
            config: {
                [key: string]: unknown;
            };
            enabled: boolean;
            kind: string;
            name: string;
        };
        Created: {
            id: string;
        };
        CreateRoleBody: {
            name: string;
        };
        Decided: {
            state: string;
        };
        DeviceCodeView: {
            /** @description Only in the answer that made it. */
            code?: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires: string;
            id: string;
            label: string;
        };
        DeviceRow: {
            id: string;
            /** Format: date-time */
            last_seen?: string;
            name: string;
        };
        DeviceView: {
            /** Format: date-time */
            created: string;
            id: string;
            /** Format: date-time */
            last_seen?: string;
            name: string;
        };
        Diff: {
            field: string;
            from: string;
            to: string;
        };
        Difference: {
            from: unknown;
            path: string;
            to: unknown;
        };
        DispatchRow: {
            /** Format: date-time */
            changed: string;
            state: string;
            /** Format: int64 */
            step: number;
            user: components["schemas"]["StoryUser"];
        };
        EnterInputBody: {
            /** @description Enter although known people look alike. */
            confirm?: boolean;
            entry: components["schemas"]["EntryForm"];
        };
        EntryForm: {
            /** @description Absent: as they are. */
            units?: components["schemas"]["UnitForm"][];
            /** @description By field; null takes the hand's word back. */
            values: {
                [key: string]: string | null;
            };
        };
        EraseInputBody: {
            /** @description The staff number or the name. */
            type_to_confirm: string;
        };
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
        };
        ErrorModel: {
            /**
             * @description A human-readable explanation specific to this occurrence of the problem.
             * @example Property foo is required but is missing.
             */
            detail?: string;
            /** @description Optional list of individual error details */
            errors?: components["schemas"]["ErrorDetail"][];
            /**
             * Format: uri
             * @description A URI reference that identifies the specific occurrence of the problem.
             * @example https://example.com/error-log/abc123
             */
            instance?: string;
            /**
             * Format: int64
             * @description HTTP status code
             * @example 400
             */
            status?: number;
            /**
             * @description A short, human-readable summary of the problem type. This value should not change between occurrences of the error.
             * @example Bad Request
             */
            title?: string;
            /**
             * Format: uri
             * @description A URI reference to human-readable documentation for the error.
             * @default about:blank
             * @example https://example.com/errors/example
             */
            type: string;
        };
        Expression: {
            all: components["schemas"]["Clause"][];
        };
        Fault: {
            name: string;
            reason: string;
            where: string;
        };
        FaultView: {
            connector: components["schemas"]["ConnectorRef"];
            /** Format: int64 */
            count: number;
            /** Format: date-time */
            last_at: string;
            name: string;
        };
        FieldProblem: {
            location: string;
            message: string;
        };
        FieldView: {
            comps?: string[];
            /** Format: int64 */
            no: number;
            value: string;
        };
        FollowBody: {
            /** Format: uuid */
            group_id?: string;
            /** Format: uuid */
            role_id?: string;
            /** Format: uuid */
            unit_id?: string;
        };
        FollowingRow: {
            group_id?: string;
            /** Format: int64 */
            members: number;
            name: string;
            role_id?: string;
            room_id: string;
            unit_id?: string;
            /** Format: int64 */
            waiting: number;
        };
        FollowInputBody: {
            /** @description Exactly one of the three. */
            following: components["schemas"]["FollowBody"];
            on: boolean;
        };
        Group: {
            code?: string;
            id: string;
            kind: string;
            /** Format: int64 */
            members: number;
            name: string;
            /** Format: int64 */
            revision: number;
            role_id?: string;
            room: boolean;
            rule?: components["schemas"]["Expression"];
            source?: components["schemas"]["SourceRef"];
            unit_id?: string;
        };
        GroupBody: {
            group: components["schemas"]["GroupForm"];
            /** @description Of a group by hand: all members afterwards; absent leaves them. */
            members?: string[];
        };
        GroupDiff: {
            from: components["schemas"]["GroupRef"][];
            to: components["schemas"]["GroupRef"][];
        };
        GroupForm: {
            /** @enum {string} */
            kind: "rule" | "source" | "hand";
            name: string;
            /**
             * Format: int64
             * @description Of a group that is changed: the one that was seen.
             */
            revision?: number;
            /**
             * Format: uuid
             * @description Its members may take this duty.
             */
            role_id?: string;
            /** @description A room follows the group. */
            room?: boolean;
            rule?: components["schemas"]["Expression"];
            /**
             * Format: uuid
             * @description Its members work on this unit.
             */
            unit_id?: string;
        };
        GroupRef: {
            code: string;
            name?: string;
            role?: string;
            room?: boolean;
        };
        GroupRole: {
            group: string;
            /** @enum {string} */
            role: "owner" | "people" | "policy" | "connectors" | "auditor";
        };
        Health: {
            detail?: string;
            /** Format: int64 */
            peers: number;
            /** Format: date-time */
            since: string;
            state: string;
        };
        HistoryRow: {
            /** Format: date-time */
            at: string;
            field: string;
            from: string;
            message?: components["schemas"]["MessageRef"];
            source: components["schemas"]["SourceRef"];
            to: string;
        };
        Import: {
            connector_id: string;
            /** Format: date-time */
            expires: string;
            /** @enum {string} */
            format: "csv" | "xlsx";
            header: string[];
            id: string;
            /**
             * @description Suggested field that identifies people.
             * @enum {string}
             */
            key: "staff_number" | "login" | "key";
            name: string;
            /** @description Suggested is what was applied to this header before. */
            remembered: boolean;
            /** Format: int64 */
            rows: number;
            /** @description The first 10 rows. */
            sample: (string[] | null)[];
            /** @description Name of the sheet that was read. */
            sheet?: string;
            suggested: components["schemas"]["Column"][];
            warnings: string[];
        };
        ImportOrder: {
            /**
             * @description Field that identifies people; the staff number unless given.
             * @enum {string}
             */
            key?: "staff_number" | "login" | "key";
            mapping: components["schemas"]["Column"][];
            /**
             * @description full: the file names everybody, whoever is missing has left.
             * @enum {string}
             */
            mode: "full" | "changes";
        };
        IssuerInputBody: {
            issuer: string;
        };
        Judgement: {
            /** Format: date-time */
            at: string;
            by: string;
            comment?: string;
        };
        KindView: {
            capabilities: components["schemas"]["Capabilities"];
            defaults: unknown;
            name: string;
            schema: unknown;
        };
        LinkInputBody: {
            token: string;
        };
        LinkView: {
            /** Format: date-time */
            created: string;
            label: string;
            provider: string;
            subject: string;
            /** Format: date-time */
            used?: string;
        };
        ListAdminView: {
            items: components["schemas"]["AdminView"][];
        };
        ListConnectorView: {
            items: components["schemas"]["ConnectorView"][];
        };
        ListDeviceCodeView: {
            items: components["schemas"]["DeviceCodeView"][];
        };
        ListFaultView: {
            items: components["schemas"]["FaultView"][];
        };
        ListFollowingRow: {
            items: components["schemas"]["FollowingRow"][];
        };
        ListGroup: {
            items: components["schemas"]["Group"][];
        };
        ListKindView: {
            items: components["schemas"]["KindView"][];
        };
        ListPasskeyView: {
            items: components["schemas"]["PasskeyView"][];
        };
        ListPosterView: {
            items: components["schemas"]["PosterView"][];
        };
        ListPrintedView: {
            items: components["schemas"]["PrintedView"][];
        };
        ListRevisionView: {
            items: components["schemas"]["RevisionView"][];
        };
        ListSessionView: {
            items: components["schemas"]["SessionView"][];
        };
        ListShiftRow: {
            items: components["schemas"]["ShiftRow"][];
        };
        ListTokenView: {
            items: components["schemas"]["TokenView"][];
        };
        ListUnitRow: {
            items: components["schemas"]["UnitRow"][];
        };
        ListWaitingView: {
            items: components["schemas"]["WaitingView"][];
        };
        LoginInputBody: {
            login: string;
            /** @description Code of an authenticator app, or a recovery code, when 401 otp_needed asks for it. */
            otp?: string;
            password: string;
        };
        MailsView: {
            mails: string[];
        };
        Match: {
            beds?: string[];
            connectors?: string[];
            from?: string;
            kinds?: string[];
            /** Format: int32 */
            max_priority?: number;
            /** Format: int32 */
            min_priority?: number;
            rooms?: string[];
            to?: string;
            wards?: string[];
            weekdays?: number[];
        };
        Me: {
            clinic: components["schemas"]["ClinicRef"];
            demo: boolean;
            /** @description Empty until the browser has registered its keys. */
            device_id: string;
            /** @description False when sensitive routes will ask for a step-up. */
            fresh: boolean;
            /** @description False until the account has a password of its own. */
            has_password: boolean;
            /** @enum {string} */
            level: "admin" | "internal" | "guest";
            login: string;
            /** @description What has to be set up before anything else may be done: empty, passkey, second_factor or credential. */
            must: string;
            name: string;
            /** @description What an administrator may do: owner, people, policy, connectors, auditor. */
            roles: string[];
            user_id: string;
            version: string;
        };
        Membership: {
            /** Format: int64 */
            joining: number;
            joins: components["schemas"]["PersonRef"][];
            leaves: components["schemas"]["PersonRef"][];
            /** Format: int64 */
            leaving: number;
            /** Format: int64 */
            staying: number;
        };
        MergeForm: {
            /** Format: int64 */
            limit_accounts: number;
            /** Format: int64 */
            limit_percent: number;
            precedence: {
                [key: string]: string[] | null;
            };
        };
        MergeView: {
            /** @description Id of the hand, for its place in the order. */
            hand: string;
            /** Format: int64 */
            limit_accounts: number;
            /** Format: int64 */
            limit_percent: number;
            /** @description By field, the first source that states it counts. The hand counts before the list unless it is in it. Fields beside those of people: status, unit. */
            precedence: {
                [key: string]: string[] | null;
            };
            /** Format: int64 */
            revision: number;
        };
        MessageDetail: {
            connector: components["schemas"]["ConnectorRef"];
            control_id: string;
            effect?: unknown;
            fault?: components["schemas"]["Fault"];
            id: string;
            peer: string;
            raw: string;
            /** Format: date-time */
            received: string;
            /**
             * Format: int64
             * @description How often the source sent it again.
             */
            repeats: number;
            /** @description Of HL7 messages. */
            segments?: components["schemas"]["SegmentView"][];
            /** Format: int64 */
            size: number;
            /** @enum {string} */
            status: "applied" | "error" | "held";
            type: string;
            warnings: string[];
        };
        MessageRef: {
            control_id: string;
            id: string;
            run_id?: string;
            type?: string;
        };
        MessageView: {
            connector: components["schemas"]["ConnectorRef"];
            control_id: string;
            fault?: components["schemas"]["Fault"];
            id: string;
            peer: string;
            /** Format: date-time */
            received: string;
            /**
             * Format: int64
             * @description How often the source sent it again.
             */
            repeats: number;
            /** Format: int64 */
            size: number;
            /** @enum {string} */
            status: "applied" | "error" | "held";
            type: string;
            warnings: string[];
        };
        NamedCounts: {
            named: {
                [key: string]: number;
            };
        };
        NamedUser: {
            name: string;
            user_id: string;
        };
        NewDeviceCodeBody: {
            /** Format: int64 */
            hours: number;
            label: string;
        };
        NewPasskeyInputBody: {
            ceremony: string;
            credential: unknown;
            name: string;
        };
        NewPosterBody: {
            /** Format: int64 */
            hours: number;
            /** Format: uuid */
            unit_id: string;
        };
        NewToken: {
            id: string;
            token: string;
        };
        OnDuty: {
            name: string;
            /** Format: date-time */
            since: string;
            user_id: string;
        };
        OTPEnrolment: {
            secret: string;
            url: string;
        };
        OtpInputBody: {
            code: string;
        };
        OverviewView: {
            accounts: components["schemas"]["AccountCounts"];
            alerts: components["schemas"]["AlertSummary"];
            connectors: components["schemas"]["ConnectorState"][];
            persons: components["schemas"]["PersonCounts"];
            /** Format: int64 */
            raw_last_hour: number;
            todos: components["schemas"]["Todo"][];
        };
        PageAction: {
            items: components["schemas"]["Action"][];
            next: string;
        };
        PageAlertRow: {
            items: components["schemas"]["AlertRow"][];
            next: string;
        };
        PageAuditView: {
            items: components["schemas"]["AuditView"][];
            next: string;
        };
        PageConflict: {
            items: components["schemas"]["Conflict"][];
            next: string;
        };
        PageMessageView: {
            items: components["schemas"]["MessageView"][];
            next: string;
        };
        PagePersonRow: {
            items: components["schemas"]["PersonRow"][];
            next: string;
        };
        PagePlanRow: {
            items: components["schemas"]["PlanRow"][];
            next: string;
        };
        PageRun: {
            items: components["schemas"]["Run"][];
            next: string;
        };
        PasskeyView: {
            /** @description A copy of it was used: it is refused, and should be removed. */
            cloned: boolean;
            /** Format: date-time */
            created: string;
            /** @description Works at this listener. */
            here: boolean;
            id: string;
            /** Format: date-time */
            last_used?: string;
            name: string;
        };
        PasswordInputBody: {
            /** @description The password so far; not needed while there is none. */
            current?: string;
            password: string;
        };
        PersonCounts: {
            /** Format: int64 */
            active: number;
            /** Format: int64 */
            locked: number;
        };
        PersonDetail: {
            account?: components["schemas"]["AccountRow"];
            active: boolean;
            devices: components["schemas"]["DeviceRow"][];
            duty: string[];
            family_name: string;
            given_name: string;
            groups: components["schemas"]["PersonGroup"][];
            history: components["schemas"]["HistoryRow"][];
            id: string;
            name: string;
            sources: components["schemas"]["StandingRow"][];
            staff_number: string;
            title: string;
            units: components["schemas"]["UnitName"][];
            values: components["schemas"]["ValueRow"][];
        };
        PersonGroup: {
            id: string;
            kind: string;
            name: string;
            /** Format: date-time */
            since: string;
            source?: components["schemas"]["SourceRef"];
        };
        PersonRef: {
            id?: string;
            name: string;
            staff_number: string;
        };
        PersonRow: {
            account?: components["schemas"]["AccountRow"];
            active: boolean;
            family_name: string;
            given_name: string;
            id: string;
            name: string;
            staff_number: string;
            title: string;
            units: components["schemas"]["UnitName"][];
        };
        PersonsView: {
            items: components["schemas"]["PersonRow"][];
            next: string;
            /**
             * Format: int64
             * @description How many people the filter finds, on all pages. Only with the first page: counting takes longer than reading a further one.
             */
            total?: number;
        };
        PlanDetail: {
            actions: components["schemas"]["Action"][];
            comment?: string;
            connector: components["schemas"]["SourceRef"];
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created: string;
            id: string;
            message?: components["schemas"]["MessageRef"];
            /** Format: int64 */
            problems: number;
            reason?: components["schemas"]["Reason"];
            state: string;
            units?: components["schemas"]["UnitRef"][];
        };
        PlanRow: {
            connector: components["schemas"]["SourceRef"];
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            created: string;
            id: string;
            message?: components["schemas"]["MessageRef"];
            /** Format: int64 */
            problems: number;
            reason?: components["schemas"]["Reason"];
            state: string;
        };
        Policy: {
            /** Format: int64 */
            accept_seconds: number;
            /** Format: int64 */
            max_seconds: number;
            /** Format: int64 */
            need: number;
            steps: components["schemas"]["Step"][];
        };
        PosterOnce: {
            token: string;
            url: string;
        };
        PosterView: {
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires: string;
            id: string;
            unit: string;
            unit_id: string;
        };
        Preview: {
            items: components["schemas"]["ShownDiffs"][];
            /** Format: int64 */
            total: number;
        };
        PreviewGroupInputBody: {
            group: components["schemas"]["GroupForm"];
            /**
             * Format: uuid
             * @description Of a group that is to be changed.
             */
            id?: string;
            /** @description Of a group by hand: all members afterwards; absent leaves them. */
            members?: string[];
        };
        PrintedView: {
            account_id: string;
            code?: string;
            /** Format: date-time */
            expires?: string;
            /** @description locked, not_found or role. */
            fault?: string;
            login: string;
            name: string;
            /** @description For a QR code: the activation with login and code filled in. */
            url?: string;
        };
        PrintInputBody: {
            accounts: string[];
        };
        Problem: {
            /** @description Stable name of the reason, such as "taken". */
            code: string;
            detail?: string;
            /**
             * Format: int64
             * @description Of code epoch: the one the room is in.
             */
            epoch?: number;
            errors?: components["schemas"]["FieldProblem"][];
            /** @description Of code duplicates: known people who look alike. */
            persons?: components["schemas"]["PersonRow"][];
            request_id: string;
            /** @description Of code exists: the room there is already. */
            room?: string;
            /** Format: int64 */
            status: number;
            taken_by?: components["schemas"]["UserRef"][];
            title: string;
        };
        Provider: {
            /** @description Finds the account the first time. */
            claim: string;
            client_id: string;
            enabled: boolean;
            groups: components["schemas"]["GroupRole"][];
            groups_claim: string;
            /** @description Empty for a new one. */
            id: string;
            issuer: string;
            label: string;
            /** @enum {string} */
            match: "login" | "staff_number";
            scopes: string[];
            /** @description Never sent back. Absent keeps it, empty clears it. */
            secret?: string;
            readonly secret_set?: boolean;
        };
        ProviderView: {
            id: string;
            label: string;
        };
        ReachedView: {
            detail?: string;
            ok: boolean;
        };
        Reason: {
            code: string;
            numbers: {
                [key: string]: number;
            };
        };
        RecorderHealth: {
            /** @description For so long that somebody should look. */
            away: boolean;
            connected: boolean;
            /**
             * Format: date-time
             * @description Absent: never.
             */
            last_seen?: string;
        };
        RecoveryView: {
            recovery_codes: string[];
        };
        RejectInputBody: {
            comment: string;
        };
        RenameInputBody: {
            name: string;
        };
        ReplayView: {
            status: string;
        };
        RevertInputBody: {
            /** Format: int64 */
            revision: number;
        };
        RevisionView: {
            /** Format: date-time */
            at: string;
            author?: components["schemas"]["NamedUser"];
            comment: string;
            config: unknown;
            diff: components["schemas"]["Difference"][];
            /** Format: int64 */
            revision: number;
        };
        RoleName: {
            id: string;
            name: string;
            unit: components["schemas"]["UnitName"];
        };
        RoleRow: {
            id: string;
            name: string;
            on_duty: components["schemas"]["OnDuty"][];
        };
        RolesInputBody: {
            roles: ("owner" | "people" | "policy" | "connectors" | "auditor")[];
        };
        RosterFault: {
            code: string;
            record: string;
            text?: string;
        };
        RosterPlan: {
            adds: components["schemas"]["ShiftRow"][];
            faults: components["schemas"]["RosterFault"][];
            /** Format: date-time */
            from: string;
            removes: components["schemas"]["ShiftRow"][];
            /** Format: int64 */
            same: number;
            /** Format: date-time */
            until: string;
        };
        Rule: {
            catch_all: boolean;
            enabled: boolean;
            id: string;
            match: components["schemas"]["Match"];
            name: string;
            policy: components["schemas"]["Policy"];
        };
        RulesInputBody: {
            items: components["schemas"]["Rule"][];
        };
        RulesView: {
            items: components["schemas"]["Rule"][];
            /** Format: int64 */
            revision: number;
        };
        Run: {
            /** Format: date-time */
            began: string;
            by?: string;
            cause: string;
            /** Format: int64 */
            conflicts: number;
            connector_id: string;
            counts: components["schemas"]["Counts"];
            /** Format: date-time */
            ended?: string;
            fault?: components["schemas"]["Fault"];
            /** Format: int64 */
            faults: number;
            file?: string;
            id: string;
            judged?: components["schemas"]["Judgement"];
            message_id?: string;
            mode: string;
            plan_id?: string;
            /** Format: int64 */
            read: number;
            reason?: components["schemas"]["Reason"];
            records?: components["schemas"]["RunRecord"][];
            state: string;
            /** Format: int64 */
            unchanged: number;
        };
        RunInputBody: {
            /** @description Plan only; the plan is kept for 24 hours. */
            dry?: boolean;
            /** @enum {string} */
            mode: "full" | "changes";
        };
        RunRecord: {
            fault?: components["schemas"]["Fault"];
            key?: string;
            notes?: string[];
            record: string;
        };
        Sample: {
            end_of_source: boolean;
            fault?: components["schemas"]["Fault"];
            records: components["schemas"]["SampleRecord"][];
        };
        SampleRecord: {
            fault?: components["schemas"]["Fault"];
            groups: components["schemas"]["GroupRef"][];
            key: string;
            notes?: string[];
            op: string;
            photo: boolean;
            record: string;
            units: components["schemas"]["UnitRef"][];
            values: {
                [key: string]: string;
            };
        };
        SegmentView: {
            fields: components["schemas"]["FieldView"][];
            name: string;
        };
        SessionView: {
            /** @description What the browser called itself. */
            agent: string;
            console: boolean;
            /** Format: date-time */
            created: string;
            current: boolean;
            device_id?: string;
            id: string;
            means: string[];
            provider?: string;
            /** Format: date-time */
            used: string;
        };
        SetupAddressFact: {
            detail?: string;
            /** @enum {string} */
            listener: "chat" | "console";
            /** @description A browser lets an app at this address do what it needs: TLS, or this machine. */
            ok: boolean;
            tls: boolean;
            url: string;
        };
        SetupFacts: {
            /** @description Step address. */
            addresses?: components["schemas"]["SetupAddressFact"][];
            /** @description Step alarm: the last test alarm. */
            alert_id?: string;
            /** @description Step name. */
            clinic_name?: string;
            /**
             * Format: int64
             * @description Step alarm: devices of who asks that can show an alarm.
             */
            devices?: number;
            /** @description Step admin: of who asks. */
            has_passkey?: boolean;
            /** @description Step admin: of who asks. */
            has_password?: boolean;
            /** @description Step mail: absent without a connector. */
            mail?: components["schemas"]["SetupMailFact"];
            /**
             * Format: int64
             * @description Step staff.
             */
            persons?: number;
            /**
             * Format: int64
             * @description Step staff: connectors that read people.
             */
            sources?: number;
            /** @description Step name. */
            timezone?: string;
        };
        SetupMailFact: {
            connector_id: string;
            state: string;
        };
        SetupMailInputBody: {
            /** Format: email */
            to: string;
        };
        SetupNameInputBody: {
            name: string;
            /** @description IANA name, such as Europe/Berlin. */
            timezone: string;
        };
        SetupStep: {
            facts: components["schemas"]["SetupFacts"];
            /** @description The hub can see that it is done, whatever was said of it. */
            met: boolean;
            /** @enum {string} */
            state: "open" | "done" | "skipped";
            /** @enum {string} */
            step: "name" | "admin" | "address" | "staff" | "mail" | "alarm";
        };
        SetupStepInputBody: {
            /** @enum {string} */
            state: "open" | "done" | "skipped";
        };
        SetupView: {
            /** @description No step is open. */
            done: boolean;
            steps: components["schemas"]["SetupStep"][];
        };
        ShiftRow: {
            fault?: string;
            /** Format: date-time */
            from: string;
            id?: string;
            person: components["schemas"]["UserRef"];
            role: components["schemas"]["RoleName"];
            source: string;
            /** Format: date-time */
            until: string;
        };
        ShownDiffs: {
            fields: components["schemas"]["Diff"][];
            person: components["schemas"]["PersonRef"];
        };
        SignInPolicy: {
            /** @enum {string} */
            admin_passkey: "required" | "recommended";
            /** @enum {string} */
            devices: "any" | "each" | "managed";
            /** @description Passwords of the directory sign in. */
            directory: boolean;
            providers: components["schemas"]["Provider"][];
            /** @enum {string} */
            second_factor: "none" | "admins" | "all";
        };
        SourceRef: {
            id: string;
            name: string;
        };
        StandingRow: {
            /** Format: date-time */
            at: string;
            key: string;
            photo: boolean;
            source: components["schemas"]["SourceRef"];
            status: string;
            units: string[];
        };
        Step: {
            /** Format: int64 */
            seconds: number;
            targets: components["schemas"]["Target"][];
        };
        StepUpInputBody: {
            otp?: string;
            password: string;
        };
        StoryEntry: {
            /** Format: date-time */
            at: string;
            data?: unknown;
            kind: string;
            /** Format: int64 */
            no: number;
            /** Format: int64 */
            step: number;
            user?: components["schemas"]["StoryUser"];
        };
        StoryUser: {
            id: string;
            name: string;
        };
        Target: {
            code?: string;
            /** @enum {string} */
            kind: "duty" | "ward" | "group" | "admins";
        };
        Test: {
            field: string;
            op: string;
            text: string;
        };
        TestConnectorBody: {
            config: {
                [key: string]: unknown;
            };
            /**
             * Format: uuid
             * @description Whose stored secrets to use.
             */
            id?: string;
            kind: string;
        };
        Todo: {
            /** Format: int64 */
            count: number;
            /** @enum {string} */
            kind: "plan_held" | "connector_down" | "source_failing" | "source_stale" | "conflict_open" | "message_errors" | "uncovered_role" | "activation_open" | "recorder_away" | "chat_faults" | "break_glass" | "device_waiting";
            ref?: string;
        };
        TokenInputBody: {
            name: string;
            scopes: ("trigger" | "resolve" | "status")[];
            /** @description Empty: all. */
            wards?: string[];
        };
        TokenView: {
            /** Format: date-time */
            created: string;
            id: string;
            /** Format: date-time */
            last_used?: string;
            name: string;
            scopes: string[];
            wards: string[];
        };
        TotpView: {
            enabled: boolean;
            /** Format: int64 */
            recovery_left: number;
        };
        Trial: {
            passed_over: components["schemas"]["TrialPassed"][];
            rule: components["schemas"]["TrialRule"];
            steps: components["schemas"]["TrialStep"][];
        };
        TrialPassed: {
            rule_id: string;
            why: string;
        };
        TrialRecipient: {
            /** Format: int64 */
            devices: number;
            name: string;
            user_id: string;
        };
        TrialRule: {
            id: string;
            name: string;
            /** Format: int64 */
            position: number;
        };
        TrialStep: {
            recipients: components["schemas"]["TrialRecipient"][];
            /** Format: int64 */
            seconds: number;
            targets: components["schemas"]["Target"][];
        };
        TryInputBody: {
            signal: components["schemas"]["TrySignal"];
        };
        TrySignal: {
            /**
             * Format: date-time
             * @description Now unless given.
             */
            at?: string;
            bed?: string;
            /** Format: uuid */
            connector?: string;
            kind: string;
            /** Format: int32 */
            priority: number;
            room?: string;
            ward: string;
        };
        Undone: {
            skipped: components["schemas"]["PersonRef"][];
            /** Format: int64 */
            undone: number;
        };
        UnitBody: {
            code: string;
            /** @enum {string} */
            kind: "house" | "clinic" | "ward";
            name: string;
            /** Format: uuid */
            parent_id?: string;
        };
        UnitDiff: {
            gain: string[];
            lose: string[];
        };
        UnitForm: {
            code: string;
            primary?: boolean;
        };
        UnitName: {
            code: string;
            id?: string;
            name: string;
        };
        UnitRef: {
            code: string;
            kind: string;
            name?: string;
            parent?: string;
            primary?: boolean;
        };
        UnitRow: {
            code: string;
            id: string;
            kind: string;
            name: string;
            parent_id?: string;
            /** Format: int64 */
            persons: number;
            roles: components["schemas"]["RoleRow"][];
            source: components["schemas"]["SourceRef"];
        };
        UnreadableView: {
            /** Format: date-time */
            at: string;
            cause: string;
            device: string;
            device_name: string;
            /** Format: date-time */
            repaired_at?: string;
            room: string;
            /** Format: int64 */
            seq: number;
            user: components["schemas"]["NamedUser"];
        };
        UserRef: {
            name: string;
            user_id: string;
        };
        ValueRow: {
            /** Format: date-time */
            at: string;
            field: string;
            message?: components["schemas"]["MessageRef"];
            shown: boolean;
            source: components["schemas"]["SourceRef"];
            text: string;
        };
        WaitingView: {
            account_id: string;
            /** Format: date-time */
            created: string;
            device: string;
            id: string;
            login: string;
            name: string;
            /** @description The account has another device. */
            reachable: boolean;
        };
        WaysView: {
            /** @description One-time codes are taken: at the chat. */
            code: boolean;
            directory: boolean;
            /** @description False where the page is reached by an IP address. */
            passkey: boolean;
            password: boolean;
            providers: components["schemas"]["ProviderView"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    admins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListAdminView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "device-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDeviceCodeView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-device-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDeviceCodeBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceCodeView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-device-code": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "waiting-devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListWaitingView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "approve-device": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "refuse-device": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "issue-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PrintInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPrintedView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "signin-policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInPolicy"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "save-signin-policy": {
        parameters: {
            query?: never;
            header: {
                /** @description ETag of the revision that is to be replaced. */
                "If-Match": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInPolicy"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInPolicy"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "test-provider": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IssuerInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReachedView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    posters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPosterView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-poster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPosterBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PosterOnce"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-poster": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    access: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "issue-code": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "revoke-their-device": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                part: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-their-link": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                part: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lock-account": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-their-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                part: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "set-roles": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RolesInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "end-all-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "end-their-session": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                part: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-their-totp": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "unlock-account": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alerts: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
                state?: "running" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageAlertRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    alert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertDetail"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageAuditView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "follow-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "start-oidc": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description See docs/protocols/signing-in.md */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "oidc-logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description See docs/protocols/signing-in.md */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "oidc-callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description See docs/protocols/signing-in.md */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "ask-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AskInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CeremonyView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "passkey-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepUpInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "step-up-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "ask-step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CeremonyView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ways: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaysView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "chat-health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatHealthView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conflicts: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
                state?: "open" | "same" | "other" | "dismissed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageConflict"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "decide-conflict": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConflictInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connectors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListConnectorView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-connector": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateConnectorBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connector: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "update-connector": {
        parameters: {
            query?: never;
            header: {
                /** @description ETag of the revision that is to be replaced. */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectorForm"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "delete-connector": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "revert-connector": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevertInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectorView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revisions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRevisionView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "connector-runs": {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageRun"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "start-run": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tokens: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListTokenView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-token": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "revoke-token": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                tid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "preview-connector": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestConnectorBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sample"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "test-connector": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestConnectorBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChecksView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    contacts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailsView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "save-contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailsView"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailsView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "merge-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MergeView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "save-merge-rules": {
        parameters: {
            query?: never;
            header: {
                /** @description ETag of the revision that is to be replaced. */
                "If-Match": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeForm"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MergeView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "preview-merge-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeForm"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListFollowingRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    follow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FollowInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    groups: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListGroup"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-group": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "update-group": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "delete-group": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "group-members": {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PagePersonRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "preview-group": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewGroupInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Membership"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "upload-import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description Id of the sheet connector the file belongs to; empty: the clinic's own. */
                    connector?: string;
                    /**
                     * Format: binary
                     * @description At most 20 MiB.
                     */
                    file: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "apply-import": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dry-import": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "import-result": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "import-template": {
        parameters: {
            query?: {
                content?: "staff" | "roster";
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    kinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListKindView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switching protocols */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    passkeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPasskeyView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "add-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPasskeyInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "rename-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenameInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "begin-passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CeremonyView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "set-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListSessionView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "end-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "end-session": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "begin-totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OTPEnrolment"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "drop-totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "confirm-totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OtpInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "renew-recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    messages: {
        parameters: {
            query?: {
                connector?: string;
                control_id?: string;
                /** @description next of the part before. */
                cursor?: string;
                fault?: string;
                from?: string;
                limit?: number;
                status?: "applied" | "error" | "held" | "duplicate";
                to?: string;
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageMessageView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageDetail"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "replay-message": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "message-errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListFaultView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OverviewView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    persons: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                dir?: "asc" | "desc";
                group?: string;
                limit?: number;
                /** @description Part of a name, staff number, login or mail address. */
                q?: string;
                sort?: "family_name" | "given_name" | "staff_number" | "last_seen" | "created";
                /** @description Known to this connector. */
                source?: string;
                state?: "active" | "locked" | "invited" | "inactive";
                /** @description Code of a unit; those below it are included. */
                unit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonsView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "enter-person": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnterInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Created"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonDetail"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "erase-person": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraseInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "person-photo": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Cache-Control"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "edit-person": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EntryForm"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    bulk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "export-persons": {
        parameters: {
            query?: {
                dir?: "asc" | "desc";
                group?: string;
                /** @description Part of a name, staff number, login or mail address. */
                q?: string;
                sort?: "family_name" | "given_name" | "staff_number" | "last_seen" | "created";
                /** @description Known to this connector. */
                source?: string;
                state?: "active" | "locked" | "invited" | "inactive";
                /** @description Code of a unit; those below it are included. */
                unit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    plans: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
                state?: "held" | "applied" | "rejected" | "undone" | "dry";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PagePlanRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "plan-actions": {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
                op?: "create" | "update" | "lock" | "unlock" | "link" | "lock_here" | "unlock_here";
                /** @description Name of an obstacle, or any. */
                problem?: string;
                q?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageAction"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "approve-plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApproveInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decided"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "export-plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "reject-plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RejectInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decided"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "undo-plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Undone"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "delete-role": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "apply-roster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description At most 20 MiB.
                     */
                    file: string;
                    /** @description Name under which this roster is replaced by the next one; the file's name unless given. */
                    source?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterPlan"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dry-roster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description At most 20 MiB.
                     */
                    file: string;
                    /** @description Name under which this roster is replaced by the next one; the file's name unless given. */
                    source?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterPlan"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "save-rules": {
        parameters: {
            query?: never;
            header: {
                /** @description ETag of the revision that is to be replaced. */
                "If-Match": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "try-signal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TryInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trial"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runs: {
        parameters: {
            query?: {
                connector?: string;
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageRun"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "setup-step": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                step: "name" | "admin" | "address" | "staff" | "mail" | "alarm";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupStepInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "setup-alarm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlarmView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "setup-mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupMailInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "setup-name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupNameInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupView"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shifts: {
        parameters: {
            query: {
                from: string;
                /** @description At most 92 days later. */
                until: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListShiftRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    units: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListUnitRow"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-unit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnitBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Created"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "update-unit": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnitBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "create-role": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRoleBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Created"];
                };
            };
            /** @description Problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
