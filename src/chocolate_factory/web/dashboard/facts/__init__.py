"""What the page shows, as plain JSON: each module makes one part of /dashboard/complete out of the house."""
