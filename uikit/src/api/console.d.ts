// Generated from docs/api/console.yaml by `npm run openapi`. Do not edit.

export interface paths {
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
        post?: never;
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
            key: string;
            login?: string;
            op: string;
            person: components["schemas"]["PersonRef"];
            problems?: string[];
            status: string;
            units: components["schemas"]["UnitDiff"];
            works?: components["schemas"]["UnitRef"][];
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
        Capabilities: {
            answer: boolean;
            replay: boolean;
            sync: boolean;
            test: boolean;
            tokens: boolean;
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
        ClinicRef: {
            id: string;
            name: string;
        };
        CodeView: {
            code: string;
            /** Format: date-time */
            expires: string;
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
        DeviceRow: {
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
        KindView: {
            capabilities: components["schemas"]["Capabilities"];
            defaults: unknown;
            name: string;
            schema: unknown;
        };
        LinkInputBody: {
            token: string;
        };
        ListConnectorView: {
            items: components["schemas"]["ConnectorView"][];
        };
        ListFaultView: {
            items: components["schemas"]["FaultView"][];
        };
        ListKindView: {
            items: components["schemas"]["KindView"][];
        };
        ListRevisionView: {
            items: components["schemas"]["RevisionView"][];
        };
        ListTokenView: {
            items: components["schemas"]["TokenView"][];
        };
        ListUnitRow: {
            items: components["schemas"]["UnitRow"][];
        };
        LoginInputBody: {
            login: string;
            password: string;
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
            /** @description False until the account has a password of its own. */
            has_password: boolean;
            /** @enum {string} */
            level: "admin" | "internal" | "guest";
            login: string;
            name: string;
            user_id: string;
            version: string;
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
        OverviewView: {
            accounts: components["schemas"]["AccountCounts"];
            alerts: components["schemas"]["AlertSummary"];
            connectors: components["schemas"]["ConnectorState"][];
            persons: components["schemas"]["PersonCounts"];
            /** Format: int64 */
            raw_last_hour: number;
            todos: components["schemas"]["Todo"][];
        };
        PageAlertRow: {
            items: components["schemas"]["AlertRow"][];
            next: string;
        };
        PageAuditView: {
            items: components["schemas"]["AuditView"][];
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
            history: components["schemas"]["HistoryRow"][];
            id: string;
            name: string;
            staff_number: string;
            title: string;
            units: components["schemas"]["UnitName"][];
            values: components["schemas"]["ValueRow"][];
        };
        PersonRef: {
            id?: string;
            name: string;
            staff_number: string;
        };
        PersonRow: {
            account?: components["schemas"]["AccountRow"];
            active: boolean;
            id: string;
            name: string;
            staff_number: string;
            title: string;
            units: components["schemas"]["UnitName"][];
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
            request_id: string;
            /** @description Of code exists: the room there is already. */
            room?: string;
            /** Format: int64 */
            status: number;
            taken_by?: components["schemas"]["UserRef"][];
            title: string;
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
        RejectInputBody: {
            comment: string;
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
        RoleRow: {
            id: string;
            name: string;
            on_duty: components["schemas"]["OnDuty"][];
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
        SegmentView: {
            fields: components["schemas"]["FieldView"][];
            name: string;
        };
        SourceRef: {
            id: string;
            name: string;
        };
        Step: {
            /** Format: int64 */
            seconds: number;
            targets: components["schemas"]["Target"][];
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
            kind: "plan_held" | "connector_down" | "message_errors" | "uncovered_role" | "activation_open" | "recorder_away" | "chat_faults";
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
        UnitDiff: {
            gain: string[];
            lose: string[];
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
            source: components["schemas"]["SourceRef"];
            text: string;
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
                limit?: number;
                /** @description Part of a name, staff number or login. */
                q?: string;
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
    plans: {
        parameters: {
            query?: {
                /** @description next of the part before. */
                cursor?: string;
                limit?: number;
                state?: "held" | "applied" | "rejected";
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
