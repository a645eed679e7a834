package scim

import (
	"net/http"

	scim "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// newDiscovery says what this service can do (RFC 7644 section 4): the library's server,
// which has only these addresses here. The schemas name what is kept and nothing else.
func newDiscovery(c Config) (http.Handler, error) {
	users := scim.ResourceType{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Description: optional.NewString("A member of staff"),
		Schema: userSchema(c), SchemaExtensions: []scim.SchemaExtension{{Schema: enterpriseSchema(c)}}}
	groups := scim.ResourceType{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Description: optional.NewString("A group of people"), Schema: groupSchema()}
	return scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{MaxResults: maxPage, SupportFiltering: true, SupportPatch: true,
			AuthenticationSchemes: []scim.AuthenticationScheme{{Type: scim.AuthenticationTypeOauthBearerToken, Name: "Bearer token",
				Description: "A token of this connector with the scope staff", Primary: true}}},
		ResourceTypes: []scim.ResourceType{users, groups},
	})
}

func text(name string) schema.SimpleParams {
	return schema.SimpleStringParams(schema.StringParams{Name: name})
}

func attribute(name string) schema.CoreAttribute { return schema.SimpleCoreAttribute(text(name)) }

func list(name string, parts ...schema.SimpleParams) schema.CoreAttribute {
	return schema.ComplexCoreAttribute(schema.ComplexParams{Name: name, MultiValued: true, SubAttributes: parts})
}

func userSchema(c Config) schema.Schema {
	s := schema.Schema{ID: coreUser, Name: optional.NewString("User"), Description: optional.NewString("User Account"), Attributes: []schema.CoreAttribute{
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "userName", Required: true, Uniqueness: schema.AttributeUniquenessServer()})),
		schema.ComplexCoreAttribute(schema.ComplexParams{Name: "name", SubAttributes: []schema.SimpleParams{text("givenName"), text("familyName"), text("honorificPrefix")}}),
		attribute("displayName"), attribute("title"), attribute("userType"),
		schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "active"})),
		list("emails", text("value"), text("type"), schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"})),
		list("phoneNumbers", text("value"), text("type")),
	}}
	if c.StaffNumber == "externalId" {
		s.Attributes = append(s.Attributes, schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "externalId", CaseExact: true})))
	}
	return s
}

func enterpriseSchema(c Config) schema.Schema {
	s := schema.Schema{ID: enterprise, Name: optional.NewString("Enterprise User"), Attributes: []schema.CoreAttribute{attribute("department")}}
	if c.StaffNumber == "employeeNumber" {
		s.Attributes = append(s.Attributes, attribute("employeeNumber"))
	}
	if c.Unit != "none" && c.Unit != "department" {
		s.Attributes = append(s.Attributes, attribute(c.Unit))
	}
	return s
}

func groupSchema() schema.Schema {
	return schema.Schema{ID: coreGroup, Name: optional.NewString("Group"), Attributes: []schema.CoreAttribute{
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "displayName", Required: true})),
		attribute("externalId"),
		list("members", text("value"), text("type")),
	}}
}
